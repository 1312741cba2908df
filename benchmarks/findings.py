"""Figures of the findings: how often each code is reported on real rules, and on which of the faults that somebody corrected.

    python -m benchmarks.findings SHARED [--only corpus|history|fixes] [--draw CODE]

SHARED holds ``corpus`` (a folder of rules), ``history/changes.ndjson.gz`` (changes of rules: old and new text) and
``bugs/cases.json`` (small inputs with what is expected).
"""

from __future__ import annotations

import argparse
import difflib
import gzip
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.fix_rules import fix_rule
from triggerfish.api.run.inputs import RuleFile, RuleSource
from triggerfish.api.run.options import CompileOptions
from triggerfish.api.run.run_options import RunOptions
from triggerfish.api.start_time import DEFAULT_START
from triggerfish.backends.limits import Limits, Strategy
from triggerfish.backends.report.rule_result import RuleResult
from triggerfish.compiler.diagnostics.checks.checked_query import CheckedQuery
from triggerfish.compiler.diagnostics.checks.table import read_findings
from triggerfish.compiler.diagnostics.codes import level
from triggerfish.compiler.diagnostics.diagnostic import Diagnostic, Severity
from triggerfish.compiler.schema.built_in import built_in_schema
from triggerfish.grammar.errors import TriggerfishError
from triggerfish.grammar.span import Span
from triggerfish.rules.lowering.compile_rule import compile_rule
from triggerfish.rules.lowering.rule_text import RuleText
from triggerfish.rules.rule import load_rule, parse_rule
from triggerfish.rules.rule_checks import CheckedRule, read_rule_findings


@dataclass(frozen=True)
class Hit:
    """A finding on a rule, with the text that it points at."""

    rule: str
    finding: Diagnostic
    text: str

    @property
    def excerpt(self) -> str:
        spans = self.finding.spans
        return " | ".join(" ".join(self.text[span.start : span.end].split())[:90] for span in spans[:2])


def checked(text: str, name: str) -> RuleResult:
    """The result of a rule in TOML, without documents."""
    options = CompileOptions(built_in_schema(), DEFAULT_START, count=0, format="none", limits=Limits(timeout=10), strategy=Strategy())
    return compile_source(RuleSource(text.encode(), name, None), options)


def corpus_hits(folder: Path) -> tuple[list[Hit], Counter[str], float]:
    """All findings on the rules of a folder, the rules by status, and the CPU time."""
    hits, statuses, start = [], Counter[str](), time.process_time()
    options = CompileOptions(built_in_schema(), DEFAULT_START, count=0, format="none", limits=Limits(timeout=10), strategy=Strategy())
    for path in sorted(folder.rglob("*.toml")):
        result = compile_source(RuleFile(path), options)
        statuses[result.status] += 1
        hits += [Hit(path.name, finding, result.text or "") for finding in result.findings]
    return hits, statuses, time.process_time() - start


def checking_seconds(folder: Path) -> float:
    """The CPU time of the checks without a proof, of all rules."""
    schema, seconds = built_in_schema(), 0.0
    for path in sorted(folder.rglob("*.toml")):
        try:
            rule = load_rule(path)
            rule_text = RuleText(rule.places)
            compiled = compile_rule(rule, schema, DEFAULT_START, rule_text=rule_text)
        except TriggerfishError:
            continue
        start = time.process_time()
        query = CheckedQuery(compiled.programs[0], schema, rule.language, compiled.tree)
        read_findings(query)
        read_rule_findings(CheckedRule(rule, query, rule_text, DEFAULT_START))
        seconds += time.process_time() - start
    return seconds


def changed_ranges(old: str, new: str) -> list[range]:
    """The offsets of the old text that the new one lacks or that something is inserted at."""
    lines, news = old.splitlines(keepends=True), new.splitlines(keepends=True)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, lines, news, autojunk=False)
    return [range(offsets[i], max(offsets[j], offsets[i] + 1)) for tag, i, j, _, _ in matcher.get_opcodes() if tag != "equal"]


def corrected(old: RuleResult, new: RuleResult) -> Iterator[Diagnostic]:
    """The findings on an old text at a place that the new text changed, and which the new text does not have."""
    assert old.text is not None and new.text is not None
    ranges = changed_ranges(old.text, new.text)
    left = Counter((finding.code, quoted(new.text, finding)) for finding in new.findings)
    for finding in old.findings:
        spans = [range(span.start, max(span.end, span.start + 1)) for span in finding.spans]
        if finding.code == "escaping-alternative":
            # What is missing is a parenthesis between its places.
            spans = [range(min(span.start for span in spans), max(span.stop for span in spans))]
        at_change = any(span.start < place.stop and place.start < span.stop for span in spans for place in ranges)
        key = (finding.code, quoted(old.text, finding))
        if left[key]:
            left[key] -= 1
        elif at_change:
            yield finding


def quoted(text: str, finding: Diagnostic) -> str:
    return " ".join(text[finding.spans[0].start : finding.spans[0].end].split()) if finding.spans else ""


def history(path: Path) -> list[tuple[dict[str, Any], RuleResult, RuleResult]]:
    """Every change with the results of both texts."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        changes = [json.loads(line) for line in lines]
    return [(each, checked(each["old"], each["path"]), checked(each["new"], each["path"])) for each in changes]


def show_history(rows: list[tuple[dict[str, Any], RuleResult, RuleResult]], shown: set[str]) -> None:
    changes, codes, warned, gone = 0, Counter[str](), 0, defaultdict(list)
    by_new: dict[str, list[Hit]] = defaultdict(list)
    for change, old, new in rows:
        if old.text is not None and new.text is not None:
            found = {finding.code for finding in corrected(old, new)}
            changes += bool(found)
            codes.update(found)
            for finding in corrected(old, new):
                gone[finding.code].append(f"{change['commit']} {change['subject'][:50]}: {finding.message[:150]}")
        warnings = [finding for finding in new.findings if level(finding) is not Severity.NOTE]
        warned += bool(warnings)
        for finding in warnings:
            by_new[finding.code].append(Hit(change["path"], finding, new.text or ""))
    print(f"{changes} of {len(rows)} changes: a finding on the old text, at the place of the change, that is gone")
    for code, count in codes.most_common():
        print(f"  {count:4} {code}")
        for line in gone[code] if code in shown else ():
            print(f"       {line}")
    print(f"{warned} of {len(rows)} new texts have a warning or an error")
    for code, hits in sorted(by_new.items()):
        print(f"  {len(hits):4} {code}")


def show_corpus(folder: Path, shown: set[str]) -> None:
    hits, statuses, seconds = corpus_hits(folder)
    print(f"checks without a proof: {checking_seconds(folder):.1f} s CPU")
    print(f"corpus: {sum(statuses.values())} rules, {seconds:.1f} s CPU; {dict(statuses)}")
    counts = Counter((hit.finding.code, level(hit.finding)) for hit in hits)
    for (code, severity), count in sorted(counts.items()):
        print(f"  {count:5} {severity:8} {code}")
    generator = random.Random(20)
    for code in sorted(shown):
        found = [hit for hit in hits if hit.finding.code == code]
        for hit in generator.sample(found, min(20, len(found))):
            print(f"    {level(hit.finding)}[{code}] {hit.rule}: {hit.finding.message[:160]}  <<{hit.excerpt}>>")


def show_fixes(folder: Path) -> None:
    """Fix a copy of the rules, and fix the result again."""
    schema, options, effects = built_in_schema(), RunOptions(), Counter[str]()
    rules = outside = broken = again = lines = 0
    with TemporaryDirectory() as copy:
        for path in sorted(folder.rglob("*.toml")):
            rules += 1
            fixed = fix_rule(path, options, schema)
            if fixed is None:
                continue
            effect = fixed.effect().partition(";")[0]
            effects[effect] += 1
            print(f"  {path.name}: {', '.join(fixed.codes)}; {fixed.effect()[:160]}")
            changed = [line for line in fixed.diff().splitlines()[2:] if line[:1] in "+-"]
            lines += len(changed)
            outside += _outside_query(fixed.old) != _outside_query(fixed.new)
            written = Path(copy, f"{rules}.toml")
            written.write_text(fixed.new, encoding="utf-8", newline="")
            broken += checked(fixed.new, path.name).status == "invalid"
            again += fix_rule(written, options, schema) is not None
    print(
        f"{sum(effects.values())} of {rules} rules change, {lines} lines of diff; {outside} change outside the query; {broken} do not parse"
    )
    for effect, count in effects.most_common():
        print(f"  {count:4} {effect}")
    print(f"a second run changes {again} of them")


def _outside_query(text: str) -> str:
    """A rule's text without its query."""
    rule = parse_rule(text)
    if rule.query is None or rule.query_map is None:
        return text
    place = rule.query_map.span(Span(0, len(rule.query)))
    return text[: place.start] + text[place.end :]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--draw", action="append", default=[], help="a code of which twenty hits are shown")
    parser.add_argument("--only", choices=("corpus", "history", "fixes"))
    given = parser.parse_args()
    if given.only in (None, "fixes"):
        show_fixes(given.shared / "corpus")
    if given.only in (None, "corpus"):
        show_corpus(given.shared / "corpus", set(given.draw))
    if given.only in (None, "history"):
        show_history(history(given.shared / "history" / "changes.ndjson.gz"), set(given.draw))


if __name__ == "__main__":
    main()
