"""Runs a Lark LALR grammar: one regular expression for all terminals, tree nodes built as rules are reduced.

Imported only when a parser is built, so that importing the package does not import Lark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer, PatternStr

from .failure import END, NO_TERMINAL, Lexeme, Unexpected

_WORDS = frozenset({"NAME", "TILDE_NAME"})
_WORD = re.compile(r"[A-Za-z]\w*~?")


class RegexLexer(Lexer):
    """All terminals as alternatives of one expression, by priority; ignored ones are skipped in front of each.

    A terminal given as a plain word (``"and"``) is no alternative of its own: it is looked up when a word was read.
    """

    def __init__(self, conf: Any) -> None:
        ignored = [t for t in conf.terminals if t.name in conf.ignore]
        words = [t for t in conf.terminals if isinstance(t.pattern, PatternStr) and _WORD.fullmatch(t.pattern.value)]
        others = [t for t in conf.terminals if t not in ignored and t not in words]
        others.sort(key=lambda t: (-t.priority, -t.pattern.max_width, t.name))
        skip = "|".join(t.pattern.to_regexp() for t in ignored)
        alternatives = [f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in others]
        alternatives += [rf"(?P<{END[1:]}>\Z)", f"(?P<{NO_TERMINAL}>(?s:.))"]
        self._keywords: dict[str, str] = {t.pattern.value: t.name for t in words}
        self._finditer = re.compile(f"(?:{skip})*+(?:{'|'.join(alternatives)})").finditer

    def lex(self, *args: Any) -> Any:
        (text,) = args
        return self.lexemes(text)

    def lexemes(self, text: str) -> Iterator[Lexeme]:
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


class LalrParser:
    """A grammar file with the module that holds an action for each of its rules and terminals, by name.

    An action for a rule takes the list of what its parts became; one for a terminal takes the lexeme.
    """

    def __init__(self, grammar: str, actions: ModuleType) -> None:
        source = Path(__file__).with_name(grammar).read_text(encoding="utf-8")
        self._lark = _lark(source, parser="lalr", lexer=RegexLexer, transformer=actions, keep_all_tokens=True)
        self._lexer = RegexLexer(self._lark.lexer_conf)

    def parse(self, text: str) -> Any:
        """What the start rule's action returned.

        Raises:
            Unexpected: where the text leaves the language.
        """
        try:
            return self._lark.parse(text)
        except UnexpectedToken as error:
            raise self._unexpected(text, error) from None

    def _unexpected(self, text: str, error: Any) -> Unexpected:
        lexeme: Any = error.token
        if lexeme.type == END:
            before = list(self._lexer.lexemes(text))
            end = before[-1].span.end if before else 0
            lexeme = Lexeme(END, "", end, end)
        else:
            before = [found for found in self._lexer.lexemes(text) if found.start_pos < lexeme.start_pos]
        # Not Lark's own ``accepts``: the offender has already made the parser reduce, and so forget alternatives;
        # and before Lark 1.1 it runs the actions, on made-up tokens.
        conf = error.interactive_parser.parser_state.parse_conf
        stack = [conf.start_state]
        for found in before:
            _advance(conf, stack, found.type)
        terminals = [t.name for t in self._lark.terminals] + [END]
        accepted = frozenset(t for t in terminals if _advance(conf, list(stack), t))
        return Unexpected(text, lexeme, accepted, before)


def _lark(source: str, **options: Any) -> Any:
    # Any, because the type stubs that Lark 0.12 leaves beside a later Lark do not describe it.
    return Lark(source, maybe_placeholders=False, **options)


def _advance(conf: Any, stack: list[Any], terminal: str) -> bool:
    """Moves a stack of parser states over a terminal; false if that is not possible."""
    while terminal in conf.states[stack[-1]]:
        action, target = conf.states[stack[-1]][terminal]
        if str(action) == "Shift":
            stack.append(target)
            return True
        size = len(target.expansion)
        if size:
            del stack[-size:]
        stack.append(conf.states[stack[-1]][target.origin.name][1])
        if terminal == END and stack[-1] == conf.end_state:
            return True
    return False
