"""Charts of benchmark figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from .measure import Figures


def draw(stages: Figures, folder: Path) -> None:
    """Write a chart for each stage that has one."""
    for name, figures in stages.items():
        if name in _CHARTS:
            figure, axes = pyplot.subplots(figsize=(8, 4.5))
            _CHARTS[name](axes, figures)
            figure.tight_layout()
            figure.savefig(folder / f"{name}.png", dpi=120)
            pyplot.close(figure)


def _bars(axes: Any, values: dict[str, float], label: str, log: bool = False) -> None:
    axes.barh(list(values)[::-1], list(values.values())[::-1], color="#2a7f9e")
    axes.set_xlabel(label)
    if log:
        axes.set_xscale("log")


def _parse(axes: Any, figures: Figures) -> None:
    _bars(axes, {name: figures[name] for name in ("ours", "eql package")}, "CPU seconds for the same EQL queries")


def _decide(axes: Any, figures: Figures) -> None:
    for name, seconds in figures["seconds"].items():
        shares = [(at + 1) / len(seconds) for at in range(len(seconds))]
        axes.step([max(second, 1e-5) for second in seconds], shares, where="post", label=name)
    axes.set_xscale("log")
    axes.set_xlabel("seconds to decide a rule")
    axes.set_ylabel("share of the rules")
    axes.legend()


def _draw(axes: Any, figures: Figures) -> None:
    names = ("geneve json", "geneve dicts", "dicts, each matched again in full", "dicts", "ndjson")
    _bars(axes, {name: figures[name] for name in names}, "documents a second of one processor", log=True)


def _first(axes: Any, figures: Figures) -> None:
    _bars(axes, {name: figures[name] for name in ("ours", "geneve")}, "CPU seconds for all rules that both can do")


def _start(axes: Any, figures: Figures) -> None:
    _bars(axes, {name: figures[name] for name in ("ours, wall", "geneve, wall")}, "seconds from a cold start to a document")


def _growth(axes: Any, figures: Figures) -> None:
    for name, sizes in figures.items():
        axes.plot(
            [int(size) for size in sizes], [figure["compile"] + figure["decide"] for figure in sizes.values()], marker="o", label=name
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("how many of them")
    axes.set_ylabel("seconds to compile and decide")
    axes.legend()


def _many(axes: Any, figures: Figures) -> None:
    axes.plot([int(size) for size in figures], [figure["cpu"] for figure in figures.values()], marker="o")
    axes.set_xlabel("rules")
    axes.set_ylabel("CPU seconds to a document each")


def _strings(axes: Any, figures: Figures) -> None:
    makers = list(dict.fromkeys(maker for figure in figures.values() for maker in figure))
    for maker in makers:
        rates = [(figure.get(maker) or {}).get("a second", float("nan")) for figure in figures.values()]
        axes.plot(list(figures), rates, marker="o", linestyle="", label=maker)
    axes.set_yscale("log")
    axes.set_ylabel("values a second")
    axes.legend()


_CHARTS = {
    "parse": _parse,
    "decide": _decide,
    "draw": _draw,
    "first": _first,
    "start": _start,
    "growth": _growth,
    "many": _many,
    "strings": _strings,
}
