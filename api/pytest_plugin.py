"""A pytest plugin: the tests beside rules are collected, and a fixture loads rules for tests in Python.

``RULE.test.toml`` files are collected like test modules; see `triggerfish test --help`. In a test in Python::

    def test_started_by_a_person(detection_rule):
        rule = detection_rule("rules/cmd.toml")
        rule.assert_fires({"process": {"name": "cmd.exe"}, "user": {"name": "ada"}})
        rule.assert_silent({"process": {"name": "cmd.exe"}, "user": {"name": "SYSTEM"}})
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .on_demand import load

if TYPE_CHECKING:
    from ..rules import Rule
    from ..rules.rule_tests import RuleTest
    from .run.compiled_rule import CompiledRule

_ENDING = ".test.toml"
_SECONDS = 30.0

Event = Mapping[str, Any]


class RuleTestFailed(Exception):
    """A test of a rule that did not pass; the message says why."""


class RuleTestFile(pytest.File):
    """A file of tests beside a rule."""

    def collect(self) -> Iterator[pytest.Item]:
        """The tests of the file."""
        rule = load("..rules.rule_tests:rule_file_of")(self.path)
        for number, test in enumerate(load("..rules.rule_tests:tests_of")(rule)):
            if test.path == self.path:
                yield RuleTestItem.from_parent(self, name=f"{number}: {test.name}", rule=rule, test=test)

    def compiled(self, rule: Path) -> CompiledRule:
        """The rule of the file, compiled once.

        Raises:
            RuleTestFailed: it cannot be compiled.
        """
        if not hasattr(self, "_compiled"):
            source = load(".run.inputs:RuleFile")(rule)
            schema = load("..compiler.schema.built_in:built_in_schema")()
            now = load(".start_time:DEFAULT_START")
            self._compiled = load(".run.compiled_rule:compiled_rule")(
                source, schema, now, _SECONDS, load("..compiler.stage_timer:StageTimer")()
            )
        if not hasattr(self._compiled, "compilation"):
            raise RuleTestFailed("; ".join(finding.message for finding in self._compiled.findings))
        found: CompiledRule = self._compiled
        return found

    def reader(self) -> Any:
        """What reads the events of tests."""
        if not hasattr(self, "_reader"):
            self._reader = load(".run.event_stream:EventReader")(load("..compiler.schema.built_in:built_in_schema")())
        return self._reader


class RuleTestItem(pytest.Item):
    """One test of a rule."""

    def __init__(self, *, rule: Path, test: RuleTest, **others: Any) -> None:
        super().__init__(**others)
        self.rule = rule
        self.test = test

    def runtest(self) -> None:
        """Run it."""
        parent = self.parent
        assert isinstance(parent, RuleTestFile)
        compiled = parent.compiled(self.rule)
        outcome, _ = load(".run.rule_testing:outcome_of")(self.test, str(self.rule), compiled, parent.reader())
        if outcome.outcome != "passed":
            raise RuleTestFailed("\n".join(filter(None, (outcome.message, outcome.details))))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What did not pass, in words; a traceback for errors that are not of the rule."""
        if isinstance(excinfo.value, RuleTestFailed):
            return f"{self.test.path}:{self.test.line}: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test is written."""
        return self.test.path, self.test.line - 1, self.name


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect files of tests beside rules."""
    return RuleTestFile.from_parent(parent, path=file_path) if file_path.name.endswith(_ENDING) else None


class DetectionRule:
    """A rule, as tests use it.

    Attributes:
        rule: the rule.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def fires(self, *events: Event) -> bool:
        """Whether the rule fires on an event, or on several together."""
        return self.rule.matches(*events)

    def assert_fires(self, *events: Event) -> None:
        """Fail the test unless the rule fires; the message says what keeps it from firing."""
        __tracebackhide__ = True
        explained = load(".why:why")(self.rule, list(events))
        if not explained.fires:
            pytest.fail(str(explained), pytrace=False)

    def assert_silent(self, *events: Event) -> None:
        """Fail the test if the rule fires."""
        __tracebackhide__ = True
        if self.fires(*events):
            pytest.fail(f"{self.rule.name}: fires, and should not", pytrace=False)


@pytest.fixture
def detection_rule(request: pytest.FixtureRequest) -> Callable[[str | Path], DetectionRule]:
    """Loads a rule from a file: a path from the root of the tests, or else from the folder of the test."""

    def loaded(path: str | Path) -> DetectionRule:
        places = [Path(path), request.config.rootpath / path, request.path.parent / path]
        found = next((place for place in places if place.exists()), Path(path))
        return DetectionRule(load("..rules.rule:load_rule")(found))

    return loaded
