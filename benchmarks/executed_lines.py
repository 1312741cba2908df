"""A pytest plugin for `benchmarks.mutation`: which lines each test executes, and a choice of tests in a given order.

    python -m pytest -p benchmarks.executed_lines

``TRIGGERFISH_RECORD`` names the file to record to, ``TRIGGERFISH_CHOICE`` a file with the ids of the tests to run. Processes that a
test starts are not seen. Needs Python 3.12.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

import pytest
from hypothesis import Phase, settings

Lines = dict[str, int]
"""By file, relative to the package, a bit for each line."""


@dataclass(slots=True)
class Recording:
    """What a run of the tests executed.

    Attributes:
        lines: of each test that passed.
        seconds: how long each took.
        left_out: the tests that did not pass.
    """

    lines: dict[str, Lines] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)


def load(path: Path) -> Recording:
    """A recording that was saved."""
    recording = pickle.loads(path.read_bytes())
    assert isinstance(recording, Recording)
    return recording


class _Recorder:
    """Notes the lines that each test executes for the first time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._package = str(Path.cwd() / "triggerfish") + os.sep
        self._executed: set[tuple[str, int]] = set()
        self.recording = Recording()
        monitoring = sys.monitoring
        self._tool = monitoring.PROFILER_ID
        monitoring.use_tool_id(self._tool, "executed lines")
        monitoring.register_callback(self._tool, monitoring.events.LINE, self._line)
        monitoring.set_events(self._tool, monitoring.events.LINE)

    def _line(self, code: CodeType, line: int) -> object:
        if code.co_filename.startswith(self._package):
            self._executed.add((code.co_filename, line))
        return sys.monitoring.DISABLE

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        self._executed.clear()
        sys.monitoring.restart_events()
        return (yield)  # type: ignore[misc]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self.recording.left_out.add(report.nodeid)
        if report.when != "call" or not report.passed:
            return
        lines: Lines = {}
        for name, line in self._executed:
            file = name.removeprefix(self._package)
            lines[file] = lines.get(file, 0) | 1 << line
        self.recording.lines[report.nodeid] = lines
        self.recording.seconds[report.nodeid] = report.duration

    def pytest_sessionfinish(self) -> None:
        sys.monitoring.set_events(self._tool, 0)
        sys.monitoring.free_tool_id(self._tool)
        self._path.write_bytes(pickle.dumps(self.recording))


class _Choice:
    """Runs the tests of a list in its order, after those that the recording does not know."""

    def __init__(self, path: Path) -> None:
        known, chosen = path.read_text(encoding="utf-8").split("\0")
        self._known = set(known.splitlines())
        self._order = {name: number for number, name in enumerate(chosen.splitlines())}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self._order or item.nodeid not in self._known]
        items.sort(key=lambda item: self._order.get(item.nodeid, -1))


def pytest_configure(config: pytest.Config) -> None:
    record, choice = os.environ.get("TRIGGERFISH_RECORD"), os.environ.get("TRIGGERFISH_CHOICE")
    if record:
        config.pluginmanager.register(_Recorder(Path(record)))
    if choice:
        config.pluginmanager.register(_Choice(Path(choice)))
        # That a test fails is enough: the least example is not looked for.
        settings.register_profile("mutation", settings.default, phases=(Phase.explicit, Phase.generate), database=None)
        settings.load_profile("mutation")
