"""Random queries and sequences, and comparisons of two, against every document, and every short stream of events, of a tiny domain.

    python -m benchmarks.brute_force --count 5000

Exits with 1 when a document does not match its query, a proof or a finding is refuted, or over 1 % of the answers are `unknown`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter

import click

_TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(_TESTS), str(_TESTS / "backends")]

import test_compare_by_enumeration as comparisons  # noqa: E402
import test_findings_by_enumeration as queries  # noqa: E402
import test_sequences_by_enumeration as sequences  # noqa: E402

Wrong = Iterable[str]
Answer = tuple[str, dict[str, Wrong]]
"""The status of an answer, and by name of a check what is wrong."""


def _of_query(syntax: queries.Syntax, rng: Random) -> Answer:
    clauses = queries.random_clauses(rng, syntax)
    solution = queries.solved(queries.written(clauses, syntax)[0], syntax)
    return solution.status, {check.__name__: check(clauses, solution, syntax) for check in queries.CHECKS}


def _of_sequence(rng: Random) -> Answer:
    sequence = sequences.random_sequence(rng)
    solution = sequences.solved(sequence)
    return solution.status, {check.__name__: check(sequence, solution) for check in sequences.CHECKS}


def _of_comparison(rng: Random) -> Answer:
    first, second = comparisons.random_pair(rng)
    schema = rng.choice((comparisons.ARRAYS, queries.SCHEMA))
    found = comparisons.compared(first, second, schema)
    return found.relation.value, {"wrong_sides": comparisons.wrong_sides(first, second, found, schema)}


def _of_sequences(rng: Random) -> Answer:
    first, second = comparisons.random_sequences(rng)
    found = comparisons.compared_sequences(first, second)
    return found.relation.value, {"wrong_sequences": comparisons.wrong_sequences(first, second, found)}


KINDS: dict[str, Callable[[Random], Answer]] = {
    **{name: partial(_of_query, syntax) for name, syntax in queries.SYNTAXES.items()},
    "sequences": _of_sequence,
    "comparisons": _of_comparison,
    "comparisons of sequences": _of_sequences,
}


@click.command()
@click.option("--kind", type=click.Choice(tuple(KINDS)), multiple=True, default=tuple(KINDS), show_default=True)
@click.option("--count", default=5000, show_default=True, help="Queries of each kind.")
@click.option("--seed", default=1, show_default=True)
def main(kind: tuple[str, ...], count: int, seed: int) -> None:
    """Print how many answers are wrong, and how many `unknown`."""
    failed = False
    for name in kind:
        began, rng = perf_counter(), Random(f"{name}|{seed}")
        statuses, wrong = Counter[str](), Counter[str]()
        examples: list[str] = []
        for _ in range(count):
            status, checks = KINDS[name](rng)
            statuses[status] += 1
            for check, lines in checks.items():
                found = list(_first(lines))
                wrong[check] += len(found)
                examples += found
        said = ", ".join(f"{status} {number:,}" for status, number in sorted(statuses.items()))
        print(f"{name}: {count:,} queries ({said}), {dict(wrong)}, {perf_counter() - began:.0f} s", flush=True)
        for line in examples[:10]:
            print(f"  {line}")
        failed |= bool(examples) or statuses["unknown"] * 100 > count
    sys.exit(1 if failed else 0)


def _first(lines: Iterable[str]) -> Iterator[str]:
    yield from (line for line, _ in zip(lines, range(1), strict=False))


if __name__ == "__main__":
    main()
