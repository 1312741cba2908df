"""A run of ``triggerfish test``: rules and their tests in, outcomes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import orjson

from triggerfish import __version__

from ...backends.report.formats.registry import indented
from ...backends.report.formats.sarif import sarif_entry, sarif_report
from ...backends.report.formats.xml_text import attributes, character_data, names_of, test_case, test_suite
from ...backends.report.rule_result import RuleResult, Status
from ...backends.report.wording import counted
from ...compiler.diagnostics.errors import FailedTest
from ...grammar.span import LineMap, Span
from ...rules.collection import find_rule_files
from ...rules.rule_files import holds_one, is_without_rules, read_members
from ...rules.rule_tests import ENDING, rule_file_of
from .observer import Observer
from .output_files import output
from .process_context import process_context
from .rule_testing import ERROR, FAILED, PASSED, Outcome, Tested, tested, write_tests
from .schema_files import schema_with
from .selection import wanted_files
from .test_options import TestOptions

_PATTERNS = ("**/*.toml", "**/*.yml")
_FAILED = 1
_BAD_INPUT = 2
_Result = TypeVar("_Result")


def test(order: TestOptions, observer: Observer) -> int:
    """Run the tests of rules, or write some.

    Args:
        order: the options.
        observer: receives how it goes.

    Returns:
        The exit code: 0; 1 if a test fails; 2 if a test or its rule cannot be read.

    Raises:
        SchemaError, OutputError: the schema cannot be read, or the outcome not be written.
    """
    began = perf_counter()
    schema = schema_with(order.schema, order.timeout)
    paths = [_rule_of(path) for path in order.paths]
    found = find_rule_files(paths, *_PATTERNS)
    for error in found.errors:
        observer.noted(str(error), "error")
    wanted = wanted_files(paths, order.exclude, deprecated=True)
    files = [file for file in found.files if wanted(file)]
    if order.init:
        files = [file for file in files if holds_one(file) or not all(map(is_without_rules, read_members(file)))]
        return _init(order, files, partial(write_tests, schema=schema, seed=order.seed, count=order.count, timeout=order.timeout), observer)
    run = partial(tested, schema=schema, timeout=order.timeout, with_coverage=order.coverage)
    with _mapping(order.jobs) as mapping:
        results = list(mapping(run, files))
    outcomes = [outcome for result in results for outcome in result.outcomes]
    with output(order.out) as out:
        out.write(FORMATS[order.format](results, outcomes).encode())
    if order.sarif is not None:
        with output(order.sarif) as out:
            out.write(_sarif(outcomes))
    counts = Counter(outcome.outcome for outcome in outcomes)
    tests = f"{counted(sum(bool(result.outcomes) for result in results), 'rule')}, {counted(len(outcomes), 'test')}"
    said = ", ".join(f"{counts[name]} {name}" for name in (PASSED, FAILED, ERROR) if counts[name])
    observer.noted(f"{tests}{f': {said}' if said else ''} in {perf_counter() - began:.2f} s")
    if not outcomes:
        observer.noted(f"no tests: write them to RULE{ENDING}, or let `triggerfish test --init` do so")
    return _BAD_INPUT if counts[ERROR] or found.errors else _FAILED if counts[FAILED] else 0


def _rule_of(path: str) -> str:
    """The rule whose file of tests was named, or what was named."""
    return str(rule_file_of(Path(path))) if path.endswith(ENDING) else path


def _init(order: TestOptions, files: Sequence[Path], write: Callable[[Path], Outcome], observer: Observer) -> int:
    with _mapping(order.jobs) as mapping:
        outcomes = list(mapping(write, files))
    for outcome in outcomes:
        observer.noted(f"{outcome.path}: {outcome.message}", "error" if outcome.outcome == ERROR else "")
    return _BAD_INPUT if any(outcome.outcome == ERROR for outcome in outcomes) else 0


@contextmanager
def _mapping(jobs: int) -> Iterator[Callable[[Callable[[Path], _Result], Iterable[Path]], Iterable[_Result]]]:
    """Something like `map`, in several processes if there are to be several."""
    if jobs == 1:
        yield map
        return
    with ProcessPoolExecutor(jobs, process_context()) as pool:
        yield pool.map


# -- formats ---------------------------------------------------------------------------------------


def _text(results: Sequence[Tested], outcomes: Sequence[Outcome]) -> str:
    lines: list[str] = []
    for outcome in outcomes:
        if outcome.outcome != PASSED:
            name = f": {outcome.test}" if outcome.test else ""
            lines.append(f"{outcome.outcome}  {outcome.path}:{outcome.line}{name}\n        {outcome.message}\n")
            lines += [f"        {line}\n" for line in outcome.details.splitlines()]
    for result in results:
        if result.uncovered:
            lines.append(f"not covered  {result.outcomes[0].rule}\n")
            lines += [f"        {line}\n" for line in result.uncovered]
    return "".join(lines)


def _ndjson(results: Sequence[Tested], outcomes: Sequence[Outcome]) -> str:
    entries = (
        {"rule": each.rule, "test": each.test, "outcome": each.outcome, "message": each.message, "file": each.path, "line": each.line}
        for each in outcomes
    )
    return "".join(f"{orjson.dumps(entry).decode()}\n" for entry in entries)


def _junit(results: Sequence[Tested], outcomes: Sequence[Outcome]) -> str:
    elements = {FAILED: "failure", ERROR: "error"}
    counts = Counter(outcome.outcome for outcome in outcomes)
    numbers = {"tests": str(len(outcomes)), "failures": str(counts[FAILED]), "errors": str(counts[ERROR])}
    cases: list[str] = []
    for outcome in outcomes:
        names = names_of(outcome.rule)
        inner: list[str] = []
        if outcome.outcome in elements:
            element = elements[outcome.outcome]
            inner.append(f"<{element}{attributes(type='test', message=outcome.message)}>{character_data(outcome.details)}</{element}>")
        cases.append(test_case({"classname": f"{names['classname']}.{names['name']}", "name": outcome.test or "rule"}, *inner))
    return test_suite("rule tests", cases, **numbers)


FORMATS: dict[str, Callable[[Sequence[Tested], Sequence[Outcome]], str]] = {"text": _text, "ndjson": _ndjson, "junit": _junit}


def _sarif(outcomes: Sequence[Outcome]) -> bytes:
    """What did not pass as SARIF, at its place in the files of tests."""
    entries = [sarif_entry(_as_result(outcome)) for outcome in outcomes if outcome.outcome != PASSED]
    return indented(sarif_report(entries, __version__, _FAILED if entries else 0))


def _as_result(outcome: Outcome) -> RuleResult:
    text = Path(outcome.path).read_text(encoding="utf-8", errors="replace") if Path(outcome.path).is_file() else ""
    start = LineMap(text).offset(outcome.line, 1)
    end = text.find("\n", start)
    finding = FailedTest(test=outcome.test, why=outcome.message).at(Span(start, end if end >= 0 else len(text)))
    return RuleResult(outcome.path, Status.INVALID, findings=(finding,), text=text, file=outcome.path, line=1)
