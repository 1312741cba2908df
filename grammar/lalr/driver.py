"""Runs the LALR tables of a grammar: one regular expression for all terminals, tree nodes built as rules are reduced.

Lark compiles a grammar to its tables (:mod:`.compile_tables`); they are stored beside it, and recompiled if they are not those of
the grammar as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from .failure import END, NO_TERMINAL, Lexeme, Unexpected
from .load_tables import load_tables
from .tables import Tables

__all__ = ["END", "NO_TERMINAL", "LalrParser", "Lexer", "Tables"]

_WORDS = frozenset({"NAME", "TILDE_NAME"})


class Lexer:
    """Reads a text as lexemes."""

    def __init__(self, tables: Tables) -> None:
        self._keywords = tables["keywords"]
        self._finditer = re.compile(tables["expression"]).finditer

    def lexemes(self, text: str) -> Iterator[Lexeme]:
        """The lexemes up to the end of a text, or to a character that none begins with, which is the last."""
        keywords = self._keywords
        for match in self._finditer(text):
            kind: Any = match.lastgroup
            start, end = match.span(kind)
            value = match[kind]
            if kind in _WORDS:
                kind = keywords.get(value, kind)
            elif start == len(text):
                return
            yield Lexeme(kind, value, start, end)


_Build = Callable[[list[Any]], Any]


class LalrParser:
    """The grammar of a language with the module that holds an action for each of its rules and terminals, by name.

    An action for a rule takes the list of what its parts became; one for a terminal takes the lexeme.
    """

    def __init__(self, language: str, actions: ModuleType, tables: Tables | None = None) -> None:
        self._tables = tables or load_tables(language)
        self._lexer = Lexer(self._tables)
        self._rules = [(size, name, _builder(rule, actions)) for rule in self._tables["rules"] for name, size in [rule[:2]]]
        found = {name: getattr(actions, name, None) for name in self._tables["terminals"]}
        self._terminals: dict[str, Callable[[Lexeme], Any]] = {name: action for name, action in found.items() if action is not None}

    def parse(self, text: str) -> Any:
        """What the start rule's action returned.

        Raises:
            Unexpected: where the text leaves the language.
        """
        states, rules, terminals = self._tables["states"], self._rules, self._terminals
        stack = [self._tables["start"]]
        values: list[Any] = []
        for lexeme in self._lexer.lexemes(text):
            kind = lexeme.type
            while (action := states[stack[-1]].get(kind)) is not None and action < 0:
                _reduce(rules[~action], states, stack, values)
            if action is None:
                raise self._unexpected(text, lexeme)
            stack.append(action)
            values.append(terminals[kind](lexeme) if kind in terminals else lexeme)
        while stack[-1] != self._tables["end"]:
            action = states[stack[-1]].get(END)
            if action is None or action >= 0:
                raise self._unexpected(text, Lexeme(END, "", len(text), len(text)))
            _reduce(rules[~action], states, stack, values)
        return values[-1]

    def _unexpected(self, text: str, lexeme: Lexeme) -> Unexpected:
        if lexeme.type == END:
            before = list(self._lexer.lexemes(text))
            end = before[-1].span.end if before else 0
            lexeme = Lexeme(END, "", end, end)
        else:
            before = [found for found in self._lexer.lexemes(text) if found.start_pos < lexeme.start_pos]
        # From the beginning: the offender has already made the parser reduce, and so forget alternatives.
        stack = [self._tables["start"]]
        for found in before:
            self._advance(stack, found.type)
        accepted = frozenset(t for t in (*self._tables["terminals"], END) if self._advance(list(stack), t))
        return Unexpected(text, lexeme, accepted, before)

    def _advance(self, stack: list[int], terminal: str) -> bool:
        """Moves a stack of parser states over a terminal; false if that is not possible."""
        states = self._tables["states"]
        while (action := states[stack[-1]].get(terminal)) is not None:
            if action >= 0:
                stack.append(action)
                return True
            size, name, _ = self._rules[~action]
            if size:
                del stack[-size:]
            stack.append(states[stack[-1]][name])
            if terminal == END and stack[-1] == self._tables["end"]:
                return True
        return False


def _reduce(rule: tuple[int, str, _Build], states: list[dict[str, int]], stack: list[int], values: list[Any]) -> None:
    """Put what a rule makes in the place of its parts."""
    size, name, build = rule
    parts: list[Any] = []
    if size:
        parts = values[-size:]
        del stack[-size:]
        del values[-size:]
    stack.append(states[stack[-1]][name])
    values.append(build(parts))


def _builder(rule: list[Any], actions: ModuleType) -> _Build:
    """What makes a rule's value of those of its parts."""
    _, _, name, lone, spliced = rule
    # A rule whose name begins with `_` is a list that is spliced into the rule around it.
    build: _Build = list if name.startswith("_") else getattr(actions, name, None) or _without_action(name)
    if lone:
        build = _itself(build)
    return _splicing(build, frozenset(spliced)) if spliced else build


def _without_action(name: str) -> _Build:
    def build(parts: list[Any]) -> Any:
        raise LookupError(f"the rule `{name}` has no action")

    return build


def _itself(build: _Build) -> _Build:
    return lambda parts: parts[0] if len(parts) == 1 else build(parts)


def _splicing(build: _Build, spliced: frozenset[int]) -> _Build:
    def splice(parts: list[Any]) -> Any:
        return build([each for at, part in enumerate(parts) for each in (part if at in spliced else (part,))])

    return splice
