"""EQL trees back to text that parses to the same tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .keywords import RESERVED
from .tree import (
    And,
    Arithmetic,
    ArithmeticOperator,
    Boolean,
    Call,
    Comparison,
    Duration,
    EventQuery,
    Expression,
    Field,
    InList,
    Item,
    JoinKey,
    Lineage,
    Negative,
    Not,
    Null,
    Number,
    Or,
    Pipe,
    Query,
    Sample,
    Sequence,
    String,
    Variable,
)

_NAME = re.compile(r"[A-Za-z_@][A-Za-z0-9_]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}

_OR, _AND, _NOT, _OPERAND, _FACTOR, _UNARY = range(6)
_SUMS = frozenset({ArithmeticOperator.ADD, ArithmeticOperator.SUBTRACT})

Node = Expression | EventQuery | JoinKey | Item | Duration | Sequence | Sample | Pipe | Query


def render(node: Node) -> str:
    """The node's text; a whole query, or a part of one on its own."""
    match node:
        case Query(shape=shape, pipes=pipes):
            return render(shape) + "".join([f"\n{render(pipe)}" for pipe in pipes])
        case EventQuery(category=category, condition=condition):
            return f"{_category(category)} where {render(condition)}"
        case Sequence(items=items, by=by, maxspan=maxspan, until=until):
            span = f" with maxspan={render(maxspan)}" if maxspan else ""
            last = f"\nuntil {render(until)}" if until else ""
            return f"sequence{_by(by)}{span}{_items(items)}{last}"
        case Sample(items=items, by=by):
            return f"sample{_by(by)}{_items(items)}"
        case Item():
            return _item(node)
        case Duration(count=count, unit=unit):
            return f"{count}{unit}"
        case JoinKey(expression=expression):
            return _render(expression, _OPERAND)
        case Pipe(name=name, args=args):
            return f"| {name} {_list(args)}".rstrip()
        case _:
            return _render(node, _OR)


def _category(name: str | None) -> str:
    if name is None:
        return "any"
    return name if _NAME.fullmatch(name) and name not in RESERVED else _string(name)


def _by(keys: tuple[JoinKey, ...]) -> str:
    return " by " + ", ".join([render(key) for key in keys]) if keys else ""


def _items(items: tuple[Item, ...]) -> str:
    return "".join([f"\n  {_item(item)}" for item in items])


def _item(item: Item) -> str:
    text = f"{'!' if item.missing else ''}[{render(item.query)}]{_by(item.by)}"
    if item.runs != 1:
        text += f" with runs={item.runs}"
    if item.alias is not None:
        text += f" as {item.alias}"
    if item.fork is not None:
        text += " fork" if item.fork else " fork=false"
    return text


def _list(nodes: Iterable[Expression], level: int = _OR) -> str:
    return ", ".join([_render(node, level) for node in nodes])


def _render(node: Expression, level: int) -> str:
    """The text of a node where operators that bind as tightly as ``level`` need no parentheses."""
    match node:
        case Field(path=path, optional=optional):
            return ("?" if optional else "") + _path(path)
        case Variable(path=path):
            return f"${path[0]}{_steps(path[1:], first=False)}"
        case String(value=value, raw=raw):
            return _string(value, raw)
        case Number(value=number):
            return repr(number)
        case Boolean(value=truth):
            return "true" if truth else "false"
        case Null():
            return "null"
        case Call(name=name, args=args, insensitive=insensitive):
            return f"{name}{'~' if insensitive else ''}({_list(args)})"
        case Lineage(kind=kind, query=query):
            own, text = _NOT, f"{kind.value} of [{render(query)}]"
        case Or(args=args):
            own, text = _OR, " or ".join([_render(arg, _AND) for arg in args])
        case And(args=args):
            own, text = _AND, " and ".join([_render(arg, _NOT) for arg in args])
        case Not(arg=arg):
            own, text = _NOT, f"not {_render(arg, _NOT)}"
        case Comparison(operator=comparison, left=left, right=right):
            own, text = _NOT, f"{_render(left, _OPERAND)} {comparison.value} {_render(right, _OPERAND)}"
        case InList():
            own, text = _NOT, _in_list(node)
        case Arithmetic(operator=arithmetic, left=left, right=right):
            own, inner = (_OPERAND, _FACTOR) if arithmetic in _SUMS else (_FACTOR, _UNARY)
            text = f"{_render(left, own)} {arithmetic.value} {_render(right, inner)}"
        case Negative(arg=arg):
            own, text = _UNARY, f"-{_render(arg, _UNARY)}"
    return f"({text})" if own < level else text


def _in_list(node: InList) -> str:
    values = _list(node.values, _OPERAND)
    word = f"not {node.operator.value}" if node.negated else node.operator.value
    return f"{_render(node.subject, _OPERAND)} {word} {f'({values})' if node.listed else values}"


def _path(path: tuple[str | int, ...]) -> str:
    return _steps(path, first=True)


def _steps(path: tuple[Any, ...], first: bool) -> str:
    """Names joined by dots and subscripts in brackets; names between two subscripts share their back-quotes."""
    text = ""
    names: list[str] = []
    for step in (*path, None):
        if isinstance(step, str):
            names.append(step)
            continue
        if names:
            plain = all(_NAME.fullmatch(name) for name in names) and not (first and not text and names[0] in RESERVED)
            joined = ".".join(names)
            text += ("" if first and not text else ".") + (joined if plain else f"`{joined.replace('`', '``')}`")
            names = []
        if step is not None:
            text += f"[{step}]"
    return text


def _string(value: str, raw: bool = False) -> str:
    if raw and '"""' not in value and "\n" not in value and "\r" not in value:
        return f'"""{value}"""'
    return '"' + "".join([_ESCAPES.get(char) or _printable(char) for char in value]) + '"'


def _printable(char: str) -> str:
    return char if char.isprintable() else f"\\u{{{ord(char):02x}}}"
