"""Run all benchmarks.

    python -m benchmarks
    python -m benchmarks --corpus ../shared/corpus
    python -m benchmarks draw start --corpus ../shared/corpus --times 3
    python -m benchmarks --compare before.json

Writes the figures as JSON and charts as PNG to a folder and, if all was measured, a page of tables and charts beside it: by default
``docs/benchmarks`` and ``docs/benchmarks.md``. Of the corpus, all of it takes about ten minutes on an idle machine, ``--quick`` three.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import click

from . import stages, tables
from .growth import growth
from .measure import Figures
from .profiles import profile
from .stages import Bench
from .strings import strings
from .styles import styles
from .subjects import SAMPLES

STAGES: dict[str, Callable[[Bench], Figures]] = {
    "parse": stages.parse,
    "decide": stages.decide,
    "draw": stages.draw,
    "styles": styles,
    "first": stages.first,
    "start": stages.start,
    "million": stages.million,
    "many": stages.many,
    "growth": growth,
    "strings": strings,
    "profile": profile,
}
"""By name, in the order in which they are measured."""

OUT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(tuple(STAGES)), metavar="[STAGE]...")
@click.option(
    "--corpus",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=SAMPLES,
    help="A folder of rules instead of our samples.",
)
@click.option("--times", type=click.IntRange(min=1), default=5, show_default=True, help="How often to measure what is compared.")
@click.option("--quick", is_flag=True, help="Measure less of everything.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=OUT,
    show_default="docs/benchmarks",
    help="Where figures and charts go.",
)
@click.option("--geneve", type=click.Path(path_type=Path), help="The folder of an environment with geneve; made if there is none.")
@click.option(
    "--compare", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Figures of an earlier run, to show what changed."
)
def main(names: tuple[str, ...], corpus: Path, times: int, quick: bool, out: Path, geneve: Path | None, compare: Path | None) -> None:
    """Measure STAGES (all by default): parse, decide, draw, styles, first, start, million, many, growth, strings, profile."""
    bench = Bench(corpus, times, quick, geneve)
    results: Figures = {"about": about(bench), "stages": {}}
    for name in names or tuple(STAGES):
        began = perf_counter()
        print(f"{name} …", end=" ", flush=True, file=sys.stderr)
        results["stages"][name] = STAGES[name](bench)
        print(f"{perf_counter() - began:.0f} s", file=sys.stderr)
        print(tables.text_of(name, results["stages"][name]))
    out.mkdir(parents=True, exist_ok=True)
    stages.written(out / "results.json", results)
    drawn = charts_of(results, out)
    if not names:
        out.with_suffix(".md").write_text(tables.page(results, out.name if drawn else None), encoding="utf-8")
    print(f"{out / 'results.json'}{'' if drawn else '; no charts: install the extra `bench`'}", file=sys.stderr)
    if compare is not None:
        print(tables.comparison(json.loads(compare.read_bytes()), results))


def about(bench: Bench) -> Figures:
    """What was measured, and on what."""
    return {
        "rules": len(bench.subjects),
        "corpus": bench.folder.name,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {name: version(name) for name in ("triggerfish", "z3-solver", "eql", "lark", "orjson")},
        "times": bench.times,
        "quick": bench.quick,
    }


def charts_of(results: Figures, out: Path) -> bool:
    """Draw the charts, if matplotlib is there."""
    try:
        from . import charts
    except ImportError:
        return False
    charts.draw(results["stages"], out)
    return True


if __name__ == "__main__":
    main()
