"""Compiles a grammar with Lark to the tables that `lalr` runs on.

    python -m triggerfish.grammar.lalr.compile_tables

writes the tables of all grammars beside them, so that parsing needs neither Lark nor the time that it takes to compile a grammar.
"""

from __future__ import annotations

import json
import re
from typing import Any

from lark import Lark
from lark.lexer import PatternStr

from .failure import END, NO_TERMINAL
from .tables import GRAMMARS, Tables, checksum, source_of, tables_file

_WORD = re.compile(r"[A-Za-z]\w*~?")


def compile_grammar(source: str) -> Tables:
    """The tables of a grammar."""
    # Any, because the type stubs that Lark 0.12 leaves beside a later Lark do not describe it.
    lark: Any = Lark(source, parser="lalr", lexer="basic", maybe_placeholders=False, keep_all_tokens=True)
    table = lark.parser.parser._parse_table
    # Lark numbers states and rules as its sets happen to lie; the same grammar is to give the same tables.
    rules = sorted(lark.rules, key=lambda rule: (rule.origin.name, [symbol.name for symbol in rule.expansion], rule.alias or ""))
    numbers = {rule: number for number, rule in enumerate(rules)}
    order = _reached(table)

    def action(entry: tuple[Any, Any]) -> int:
        kind, target = entry
        return order[target] if str(kind) == "Shift" else ~numbers[target]

    states = [{name: action(entry) for name, entry in sorted(table.states[state].items())} for state in order]
    expression, keywords = _lexer(lark)
    return {
        "checksum": checksum(source),
        "start": order[table.start_states["start"]],
        "end": order[table.end_states["start"]],
        "states": states,
        "rules": [_rule(rule) for rule in rules],
        "terminals": sorted(terminal.name for terminal in lark.terminals),
        "expression": expression,
        "keywords": keywords,
    }


def _reached(table: Any) -> dict[Any, int]:
    """The states in the order in which they are reached, and their numbers."""
    order = {table.start_states["start"]: 0}
    for state in (found := list(order)):
        for _, (kind, target) in sorted(table.states[state].items(), key=lambda item: str(item[0])):
            if str(kind) == "Shift" and target not in order:
                order[target] = len(order)
                found.append(target)
    return order


def _rule(rule: Any) -> list[Any]:
    """A rule as `Tables` has it."""
    spliced = [at for at, symbol in enumerate(rule.expansion) if not symbol.is_term and symbol.name.startswith("_")]
    origin = str(rule.origin.name)
    return [origin, len(rule.expansion), str(rule.alias or origin), bool(rule.options.expand1 and not rule.alias), spliced]


def _lexer(lark: Any) -> tuple[str, dict[str, str]]:
    """All terminals as alternatives of one expression, by priority; ignored ones are skipped in front of each.

    A terminal given as a plain word (``"and"``) is not a separate alternative: it is looked up when a word is read.
    """
    ignored = [t for t in lark.terminals if t.name in lark.ignore_tokens]
    words = [t for t in lark.terminals if isinstance(t.pattern, PatternStr) and _WORD.fullmatch(t.pattern.value)]
    others = [t for t in lark.terminals if t not in ignored and t not in words]
    others.sort(key=lambda t: (-t.priority, -t.pattern.max_width, t.name))
    skip = "|".join(t.pattern.to_regexp() for t in ignored)
    alternatives = [f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in others]
    alternatives += [rf"(?P<{END[1:]}>\Z)", f"(?P<{NO_TERMINAL}>(?s:.))"]
    keywords = {str(t.pattern.value): str(t.name) for t in sorted(words, key=lambda t: str(t.name))}
    return f"(?:{skip})*+(?:{'|'.join(alternatives)})", keywords


def main() -> None:
    """Write the tables of all grammars."""
    for name in GRAMMARS:
        tables = compile_grammar(source_of(name))
        tables_file(name).write_text(json.dumps(tables, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
