"""Figures as tables: for the terminal, for ``docs/benchmarks.md``, and beside those of an earlier run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .measure import Figures

TITLES = {
    "parse": "Parsing every query (CPU seconds)",
    "decide": "Deciding each rule (seconds of wall time)",
    "draw": "Documents a second of one processor",
    "styles": "Documents a second of one processor, by style",
    "first": "From rule files to a verified document each (CPU seconds)",
    "start": "One rule from a cold start (seconds)",
    "million": "A million documents from ten rules",
    "many": "Growth with the number of rules",
    "growth": "Growth with the size of a rule (seconds)",
    "strings": "Strings for expressions (a second of one processor)",
    "profile": "Where the time goes (share of own time)",
}
CHARTS = ("parse", "decide", "draw", "first", "start", "growth", "many", "strings")
"""The stages that have a chart."""

_NOT_SHOWN = frozenset({"seconds"})
CHANGED = 0.1
"""The share by which a figure must differ to be shown in a comparison."""


def text_of(name: str, figures: Figures) -> str:
    """The tables of a stage as text."""
    return f"\n## {TITLES[name]}\n\n{_table(figures)}\n"


def page(results: Figures, charts: str | None) -> str:
    """The page of all tables and charts.

    Args:
        results: the figures.
        charts: the folder of the charts, as the page names it; None if there are none.
    """
    about = results["about"]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    parts = [
        "# Benchmarks",
        "",
        "Written by `python -m benchmarks`; see [performance](performance.md) for what the figures mean and how documents are checked.",
        "",
        f"{about['rules']} rules of `{about['corpus']}`; Python {about['python']} on {about['system']}; {versions}; "
        f"medians of {about['times']}{', a quick run' if about['quick'] else ''}.",
    ]
    for name, figures in results["stages"].items():
        parts.append(text_of(name, figures).rstrip())
        if charts is not None and name in CHARTS:
            parts.append(f"\n![{TITLES[name]}]({charts}/{name}.png)")
    return "\n".join(parts) + "\n"


def comparison(before: Figures, after: Figures) -> str:
    """The figures that differ from those of an earlier run."""
    old, new = dict(_numbers(before["stages"])), dict(_numbers(after["stages"]))
    rows = []
    for name, value in new.items():
        known = old.get(name)
        if known and abs(value - known) > CHANGED * abs(known) and not any(part in _NOT_SHOWN for part in name):
            rows.append((" / ".join(name), _shown(known), _shown(value), f"{value / known:.2f}"))
    return _rows(("figure", "before", "after", "ratio"), rows) if rows else "nothing changed by more than a tenth"


def _numbers(value: Any, name: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, (*name, key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, float(value)


def _table(figures: Figures) -> str:
    """Plain figures a row each; of nested ones, a table for those of each kind."""
    plain = {name: value for name, value in figures.items() if not isinstance(value, dict | list) and name not in _NOT_SHOWN}
    nested = {name: value for name, value in figures.items() if isinstance(value, dict) and name not in _NOT_SHOWN}
    lists = {name: value for name, value in figures.items() if isinstance(value, list)}
    parts = [_rows(("figure", "value"), [(name, _shown(value)) for name, value in plain.items()])] if plain else []
    flat = {name: value for name, value in nested.items() if not any(isinstance(inner, dict) for inner in value.values())}
    if flat:
        columns = list(dict.fromkeys(key for value in flat.values() for key in value))
        parts.append(_rows(("", *columns), [(name, *(_shown(value.get(key)) for key in columns)) for name, value in flat.items()]))
    parts += [f"### {name}\n\n{_table(value)}" for name, value in nested.items() if name not in flat]
    for name, rows in lists.items():
        columns = list(rows[0]) if rows else []
        parts.append(f"### {name}\n\n" + _rows(tuple(columns), [tuple(_shown(row[key]) for key in columns) for row in rows]))
    return "\n\n".join(parts)


def _rows(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    escaped = [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    widths = [max(len(row[at]) for row in (header, *escaped)) for at in range(len(header))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in (header, *escaped)]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
