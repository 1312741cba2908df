"""Text of an explanation: the verdict of a rule, its annotated query, and its outline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ....compiler.diagnostics.diagnostic import Severity
from ....compiler.explain.constraint_text import ANY_CASE
from ..caret_text import STYLES, Piece, one_line, render, visible
from ..rule_result import RuleResult, Status
from ..wording import counted
from .annotated_query import Mark, quotation
from .outline import NOTABLE, Alternative, Block, Choice, Explanation, Line, Outline, State, alternatives, sift

if TYPE_CHECKING:
    from rich.text import Text

WIDTH = 100
"""The default width in columns."""

_ROLES = {
    **STYLES,
    "live": "green",
    "dead": "red",
    "idle": "yellow",
    "undecided": "magenta",
    "field": "cyan",
    "dim": "dim",
    "heading": "bold",
}
_EFFECTS: Mapping[str, str] = {
    "implied": "changes nothing",
    "always-true": "changes nothing",
    "present-key": "changes nothing",
    "excludes-nothing": "excludes nothing",
    "covered": "adds nothing",
    "covered-exclusion": "adds nothing",
}
"""Effects by the kind of redundancy."""
_MARKED = frozenset({"dead-alternative", "undecided-alternative", "redundant-condition"})
_MOST_ALTERNATIVES = 10
"""The maximum number of alternatives to show per choice, dead ones first; half as many in a nested choice."""
_MOST_ROWS = 100
_MOST_REMARKS = 8
_SIGNS: dict[State | None, str] = {State.LIVE: "live", State.DEAD: "dead", State.UNDECIDED: "?"}
_WIDEST_FIELD = 44
_GLUED = ANY_CASE.replace(" ", "\u00a0")

_VERDICTS = {
    Status.OK: "events can match",
    Status.UNSATISFIABLE: "no event can match",
    Status.UNKNOWN: "found neither a matching event nor a proof that none exists",
    Status.UNSUPPORTED: "it cannot be compiled yet",
    Status.INVALID: "it cannot be read",
}
_VERDICT_ROLES = {Status.OK: "live", Status.UNSATISFIABLE: "error", Status.INVALID: "error"}

Row = list[Piece]


def render_explanation(result: RuleResult, width: int = WIDTH) -> str:
    """Render the explanation as plain text with a final line break.

    Args:
        result: the result of a rule that was compiled with an explanation.
        width: the preferred maximum width in columns.
    """
    return "".join("".join(text for text, _ in row).rstrip() + "\n" for row in _rows(result, width))


def styled_explanation(result: RuleResult, width: int = WIDTH) -> Text:
    """Render the explanation in colours."""
    from rich.text import Text

    rows = (Text.assemble(*((text, _ROLES[role]) for text, role in row)) for row in _rows(result, width))
    return Text("\n").join(rows)


def _rows(result: RuleResult, width: int) -> Iterator[Row]:
    yield from _head(result)
    explanation = result.explanation
    if explanation is None or result.text is None:
        for finding in result.findings:
            yield [("", "plain")]
            yield from ([(row, "plain")] for row in render(finding, result.text, result.path).split("\n"))
        return
    yield [("", "plain")]
    yield from quotation(result.text, explanation.parts, _marks(result, explanation), width)
    ways = explanation.outlines
    yield from _bounded(row for number, outlined in enumerate(ways) for row in _outlined(outlined, number, ways, width))
    yield from _remarks(result, width)


def _head(result: RuleResult) -> Iterator[Row]:
    name = f"  {visible(result.name)}" if result.name else ""
    yield [(visible(result.path), "heading"), (name, "plain")]
    kind = f"{result.type or 'rule'}{f' in {result.language}' if result.language not in (None, result.type) else ''}"
    yield [
        (f"{result.status.value}", _VERDICT_ROLES.get(result.status, "warning")),
        (f": {_VERDICTS[result.status]}", "plain"),
        (f"  ({visible(kind)}{_counts(result)})", "dim"),
    ]
    for finding in result.findings:
        if finding.severity is Severity.ERROR and result.explanation is not None:
            said = finding.notes or (finding.message,)
            yield from ([("  = ", "gutter"), (visible(note), "plain")] for note in said)
            if finding.help:
                yield [("  = ", "gutter"), ("help", "message"), (f": {visible(finding.help)}", "plain")]


def _counts(result: RuleResult) -> str:
    """Counts the alternatives by state."""
    if result.explanation is None or not result.explanation.outlines or result.status is not Status.OK:
        return ""
    counts = Counter(outcome.state for outcome in alternatives(result.explanation.outlines[0]))
    idle = sum(finding.code == "redundant-condition" for finding in result.findings)
    total = counts.total()
    words = [f"{counts[state]} {state.value}" for state in State if counts[state]]
    states = "" if not total else f"; {counted(total, 'alternative')}: {', '.join(words)}"
    return states + (f"; {counted(idle, 'part')} that change{'' if idle != 1 else 's'} nothing" if idle else "")


def _marks(result: RuleResult, explanation: Explanation) -> list[Mark]:
    """Returns the marks in the query: from findings, and for live alternatives."""
    marks = [Mark(span, "live") for span in explanation.live]
    for finding in result.findings:
        if not finding.spans:
            continue
        because = f": {finding.notes[0]}" if finding.notes else ""
        match finding.code:
            case "dead-alternative":
                marks.append(Mark(finding.spans[0], "dead", f"dead{because}"))
            case "undecided-alternative":
                marks.append(Mark(finding.spans[0], "undecided", "undecided"))
            case "redundant-condition":
                because = ", ".join(f"`{text}`" for text in texts) if isinstance(texts := finding.parts["because"], tuple) else ""
                effect = _EFFECTS[str(finding.parts["variant"])]
                marks.append(Mark(finding.spans[0], "idle", f"{effect}, because of {because}" if because else effect))
            case "unsatisfiable":
                marks += [Mark(span, "core") for span in finding.spans]
    return marks


def _remarks(result: RuleResult, width: int) -> Iterator[Row]:
    """Yields the findings that are not shown as marks."""
    shown = _MARKED | {"unsatisfiable"}
    rest = [finding for finding in result.findings if finding.code not in shown and finding.severity is not Severity.ERROR]
    if rest:
        yield [("", "plain")]
    for finding in rest[:_MOST_REMARKS]:
        yield [(finding.severity.value, finding.severity.value), (f": {one_line(finding, result.text, result.path)}", "plain")]
    if len(rest) > _MOST_REMARKS:
        yield [(f"… {len(rest) - _MOST_REMARKS} more findings", "dim")]


def _bounded(rows: Iterator[Row]) -> Iterator[Row]:
    """Limits the rows to a few screens."""
    for number, row in enumerate(rows):
        if number == _MOST_ROWS:
            more = 1 + sum(1 for _ in rows)
            yield [(f"… {more} more lines", "dim")]
            return
        yield row


def _outlined(outlined: Outline, number: int, ways: Sequence[Outline], width: int) -> Iterator[Row]:
    yield [("", "plain")]
    if len(ways) > 1:
        yield [(f"way {number + 1} of {len(ways)} to match", "heading")]
    several = len(outlined.items) > 1 or outlined.items[0].title != "every match has"
    if several:
        yield [(f"a match is {visible(outlined.heading)}", "heading")]
        yield from ([("  ", "plain"), (visible(remark), "plain")] for remark in outlined.remarks)
    for at, item in enumerate(outlined.items):
        if number and item.block == ways[0].items[at].block:
            yield [(visible(item.title), "heading"), (": as above", "plain")]
            continue
        yield [(visible(item.title), "heading")]
        yield from _block(item.block, "  ", width, 0)
    if not several:
        yield from ([(visible(remark), "plain")] for remark in outlined.remarks)


def _block(block: Block, indent: str, width: int, depth: int) -> Iterator[Row]:
    if not block.lines and not block.choices:
        yield [(f"{indent}anything", "plain")]
    columns = _columns([block])
    for line in block.lines:
        yield from _line(line, indent, columns, width)
    for choice in block.choices:
        yield from _choice(choice, indent, width, depth)


def _columns(blocks: Sequence[Block]) -> tuple[int, int]:
    """Returns the widths of the columns for field names and types."""
    lines = [line for block in blocks for line in block.lines]
    fields = [len(visible(line.field)) for line in lines]
    return min(max(fields, default=0), _WIDEST_FIELD), max((len(line.type) for line in lines), default=0)


def _line(line: Line, indent: str, columns: tuple[int, int], width: int) -> Iterator[Row]:
    role = "idle" if line.redundant else "plain"
    field = f"{visible(line.field):<{columns[0]}}  " if line.field else ""
    type = f"{line.type:<{columns[1]}}  " if columns[1] and line.field else ""
    text = visible(line.text) + ("  (changes nothing)" if line.redundant else "")
    pieces = [(text, role)]
    pieces += [(f"dead: {visible(', '.join(line.dead[:_MOST_ALTERNATIVES]))}{_more(line.dead)}", "dead")] if line.dead else []
    pieces += [(f"changes nothing: {visible(', '.join(line.idle[:_MOST_ALTERNATIVES]))}{_more(line.idle)}", "idle")] if line.idle else []
    margin = len(indent) + len(field) + len(type)
    head: Row = [(indent, "plain"), (field, "field"), (type, "dim")]
    for text, role in pieces:
        for piece in _folded(text, max(width - margin, 30)):
            yield [*head, (piece, role)]
            head = [(" " * margin, "plain")]


def _more(texts: Sequence[str]) -> str:
    return f", … {len(texts) - _MOST_ALTERNATIVES} more" if len(texts) > _MOST_ALTERNATIVES else ""


def _folded(text: str, width: int) -> Iterator[str]:
    """Breaks the text into rows after commas if there are any, or else at blanks."""
    text = text.replace(ANY_CASE, _GLUED)
    while len(text) > width:
        cut = max(text.rfind('", ', 0, width) + 2, text.rfind("/, ", 0, width) + 2)
        cut = cut if cut > 1 else max(text.rfind(" ", 1, width), 0) or text.find(" ", width)
        if cut <= 0:
            break
        yield text[:cut].replace(_GLUED, ANY_CASE)
        text = text[cut:].lstrip()
    yield text.replace(_GLUED, ANY_CASE)


def _choice(choice: Choice, indent: str, width: int, depth: int) -> Iterator[Row]:
    nothing = "  (changes nothing)" if choice.redundant else ""
    title = f"one of {len(choice.alternatives)} alternatives" if choice.chosen else "at least one of"
    yield [(f"{indent}{title}{nothing}", "idle" if choice.redundant else "plain")]
    most = _MOST_ALTERNATIVES if depth == 0 else _MOST_ALTERNATIVES // 2
    shown, left = sift([alternative.state in NOTABLE for alternative in choice.alternatives], most)
    columns = _columns([choice.alternatives[at].block for at in shown])
    for at in shown:
        yield from _alternative(choice.alternatives[at], indent + "  ", columns, width, depth)
    if left:
        rest = Counter(choice.alternatives[at].state for at in left)
        states = ", ".join(f"{count} {state.value}" for state, count in rest.items() if state is not None)
        yield [(f"{indent}  … {len(left)} more{f': {states}' if states else ''}", "dim")]


def _alternative(alternative: Alternative, indent: str, columns: tuple[int, int], width: int, depth: int) -> Iterator[Row]:
    state = _SIGNS.get(alternative.state, "-")
    role = "dim" if alternative.state in (None, State.UNEXAMINED) else alternative.state.value
    if alternative.redundant:
        state, role = f"{state}, adds nothing", "idle"
    label = f"{state:<4}  " if alternative.state in _SIGNS else f"{state} "
    inner = indent + " " * len(label)
    rows: list[Row] = []
    for line in alternative.block.lines:
        rows += _line(line, inner, columns, width)
    for choice in alternative.block.choices:
        rows += _choice(choice, inner, width, depth + 1)
    if not rows:
        rows.append([(f"{inner}anything", "plain")])
    first = rows[0]
    yield [(indent, "plain"), (label, role), (first[0][0][len(inner) :], first[0][1]), *first[1:]]
    yield from rows[1:]
