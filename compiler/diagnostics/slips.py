"""Declarations of slips: what a query says is probably not what its author means, visible without a proof."""

from __future__ import annotations

from typing import ClassVar, Literal

from .diagnostic import Severity
from .finding import Example, Finding, FindingCode, Template
from .warnings import LiteralWildcard, ValueOutside

_RULE = '[rule]\nname = "Example"\nrule_id = "1"\ntype = "query"\nindex = ["{}"]\nquery = "file.name: a"\n'

# -- operators and lists -------------------------------------------------------------------------


class EscapingAlternative(Finding):
    code = FindingCode(
        "escaping-alternative",
        Severity.WARNING,
        "An alternative is not bound by the conditions before the first one.",
        "In `a and b or c`, `c` alone is enough, because `and` binds tighter than `or`. Put the alternatives in parentheses, or repeat the "
        "condition.",
        "Reported where the condition is on a field that describes the kind of event, such as `event.type` or `host.os.type`.",
        basis="read",
        examples=(
            Example(
                "event.category:process and process.name:service and process.args:stop or process.name:chkconfig and process.args:off",
                "event.category:process and (process.name:service and process.args:stop or process.name:chkconfig and process.args:off)",
            ),
            Example(
                'process where event.type == "start" and (process.name : "a.exe") or (process.name : "b.exe" and process.args : "x")',
                'process where event.type == "start" and ((process.name : "a.exe") or (process.name : "b.exe" and process.args : "x"))',
                "eql",
            ),
        ),
    )
    message: ClassVar[Template] = {
        "one": "this alternative does not require `{condition}`, which binds only the alternative before it",
        "several": "these alternatives do not require `{condition}`, which binds only the alternative before them",
    }
    notes = ("`and` binds tighter than `or`",)
    help = "put the alternatives in parentheses: `{condition} and (... or ...)`"

    variant: Literal["one", "several"]
    condition: str
    field: str


class LowerCaseOperator(Finding):
    code = FindingCode(
        "lower-case-operator",
        Severity.WARNING,
        "An operator of a Lucene query is in lower case and thus a word to search for.",
        "Write Lucene's operators in capitals.",
        basis="read",
        examples=(Example("process.name:cmd.exe and user.name:root", "process.name:cmd.exe AND user.name:root", "lucene"),),
    )
    message = "`{word}` is a word to search for: Lucene's operators are in capitals"
    help = "write `{operator}`"

    word: str
    operator: str


class ValueOutsideList(Finding):
    code = FindingCode(
        "value-without-field",
        Severity.WARNING,
        "A value next to a comparison has no field: the tail of a list that lacks its parentheses.",
        "The value is searched in all fields. Put the values of a field in parentheses.",
        "An example is `event.action: created or deleted`.",
        basis="read",
        examples=(
            Example("event.action: created or deleted", "event.action: (created or deleted)"),
            Example("event.action:created OR deleted", "event.action:(created OR deleted)", "lucene"),
        ),
    )
    message = "`{value}` has no field; it is searched in all fields"
    help = "put the values in parentheses: `{field} : (... or {value})`"

    value: str
    field: str


class ListWithoutOperator(Finding):
    code = FindingCode(
        "list-without-operator",
        Severity.WARNING,
        "Several words in parentheses after a field in Kuery are one value.",
        "Join the values with `or`, or quote the value if it contains blanks.",
        basis="read",
        examples=(Example("process.name: (cmd.exe powershell.exe)", "process.name: (cmd.exe or powershell.exe)"),),
    )
    message = "`{value}` is one value, not a list"
    help = "write `({meant})`"

    value: str
    meant: str
    field: str


class DanglingOperator(Finding):
    code = FindingCode(
        "dangling-operator",
        Severity.WARNING,
        "A value in Kuery ends with an operator, which nothing follows.",
        "Remove the operator, or write what it joins.",
        basis="read",
        examples=(Example("process.name: cmd.exe and", "process.name: cmd.exe"),),
    )
    message = "the `{word}` in `{value}` is part of the value, because nothing follows it"
    help = "remove it, or write what it joins"

    word: str
    value: str


class LiteralQuestionMark(Finding):
    code = LiteralWildcard.code
    message: ClassVar[Template] = {
        "kuery": "the `?` in `{value}` is a literal question mark: Kuery's only wildcard is `*`",
        "folded": "the `?` in `{value}` is a literal question mark, not a wildcard",
        "exact": "the `?` in `{value}` is a literal question mark, not a wildcard",
    }
    help: ClassVar[Template] = {
        "kuery": "use `*`, or name the character",
        "folded": "use `:` if a wildcard is meant",
        "exact": "use `like` if a wildcard is meant",
    }

    variant: Literal["kuery", "folded", "exact"]
    value: str
    field: str


# -- paths and names -----------------------------------------------------------------------------


class DoubledSeparator(Finding):
    code = FindingCode(
        "doubled-separator",
        Severity.WARNING,
        "A path contains two separators in a row.",
        'The paths of events have single separators. In EQL\'s `"..."` and in Kuery, `\\\\` is one backslash.',
        basis="read",
        examples=(
            Example(
                r'process where process.executable : "C:\\\\Users\\*.exe"', r'process where process.executable : "C:\\Users\\*.exe"', "eql"
            ),
            Example('file where file.path : "/opt//x/*"', 'file where file.path : "/opt/x/*"', "eql"),
        ),
    )
    message = "the path `{value}` contains two separators in a row"
    help = "write `{meant}`"

    value: str
    meant: str
    field: str


class ControlCharacter(Finding):
    code = FindingCode(
        "control-character",
        Severity.WARNING,
        "A `\\t`, `\\n` or `\\r` in a path is a tab or a line end.",
        "Write each backslash of the path twice.",
        basis="read",
        examples=(Example(r'file.path: "C:\temp\new\file.txt"', r'file.path: "C:\\temp\\new\\file.txt"'),),
    )
    message = "`{escape}` in the path `{value}` is a {char}"
    help = "write each backslash of the path twice: `\\{escape}`"

    escape: str
    char: str
    value: str
    field: str


class SurroundingBlanks(Finding):
    code = FindingCode(
        "surrounding-blanks",
        Severity.WARNING,
        "A value begins or ends with a blank.",
        "Remove the blank, unless the values of events have it.",
        basis="read",
        examples=(Example('process.name: "cmd.exe "', 'process.name: "cmd.exe"'),),
    )
    message = "the value `{value}` {where} with a blank"
    help = "remove it, unless the values of events have it"

    value: str
    where: Literal["begins", "ends", "begins and ends"]
    field: str


class ForeignPath(Finding):
    code = FindingCode(
        "foreign-path",
        Severity.WARNING,
        "A path is of another operating system than the one that the query requires.",
        "Correct the path, or the operating system.",
        basis="read",
        examples=(
            Example(
                r'process where host.os.type == "linux" and process.executable : "C:\\Windows\\*"',
                'process where host.os.type == "linux" and process.executable : "/usr/bin/*"',
                "eql",
            ),
        ),
    )
    message = "`{value}` is a path of {kind}, but the query requires {system}"
    help = "correct the path, or the operating system"

    value: str
    kind: str
    system: str
    field: str


class PathInName(Finding):
    code = FindingCode(
        "path-in-name",
        Severity.WARNING,
        "A name field is compared with a path.",
        "Compare the path with the field of the path, or remove the folder.",
        basis="read",
        examples=(
            Example(
                r'process where process.name : "C:\\Windows\\cmd.exe"', r'process where process.executable : "C:\\Windows\\cmd.exe"', "eql"
            ),
        ),
    )
    message = "`{value}` is a path, but `{field}` holds a name without folders"
    help = "compare it with `{meant}`, or remove the folder"

    value: str
    meant: str
    field: str


class DottedExtension(Finding):
    code = FindingCode(
        "dotted-extension",
        Severity.WARNING,
        "A file extension begins with a dot.",
        "The values of the field have no dot.",
        basis="read",
        examples=(Example("file.extension: .exe", "file.extension: exe"),),
    )
    message = "`{value}` begins with a dot, which the values of `{field}` do not have"
    help = "write `{meant}`"

    value: str
    meant: str
    field: str


# -- syntax of other languages -------------------------------------------------------------------


class ForeignSyntax(Finding):
    code = FindingCode(
        "foreign-syntax",
        Severity.WARNING,
        "Syntax of another language is text here.",
        "Write what the message says.",
        "Examples are regular expressions, `_exists_` and comments in Kuery, typographic quotes, anchors in a regular expression, and "
        "the `%` of SQL.",
        basis="read",
        examples=(
            Example("process.name: /cmd.*/", "process.name: cmd*"),
            Example("_exists_: process.name", "process.name: *"),
            Example("process where process.name : cmd.exe", "process.name : cmd.exe"),
            Example("source.ip:10.0.0.0/8 OR source.ip:192.168.0.0/16", r"source.ip:10.0.0.0\/8 OR source.ip:192.168.0.0\/16", "lucene"),
            Example("process.name: “cmd.exe”", 'process.name: "cmd.exe"'),
            Example("process.name: cmd.exe /* comment */", "process.name: cmd.exe"),
            Example('process where process.name regex """^cmd$"""', 'process where process.name regex """cmd"""', "eql"),
            Example('process where process.name like "%cmd%"', 'process where process.name like "*cmd*"', "eql"),
        ),
    )
    message: ClassVar[Template] = {
        "regexp": "`{value}` is text: Kuery has no regular expressions",
        "exists": "`_exists_` is the name of a field in Kuery",
        "quotes": "the typographic quotes in `{value}` are part of the value",
        "comment": "`{value}` is part of the value: {language} has no comments",
        "anchor": "`{value}` is a literal character: a regular expression matches the whole value and has no anchors",
        "eql": "this is a query in EQL, which {language} reads as text",
        "slash": "`/` begins a regular expression, which is searched in all fields",
        "percent": "the `%` in `{value}` is a literal percent sign, not a wildcard",
    }
    help: ClassVar[Template] = {
        "regexp": "use `*` for a wildcard, or Lucene or EQL for a regular expression",
        "exists": "write `{meant} : *`",
        "quotes": 'use straight quotes: `"`',
        "comment": "remove it",
        "anchor": "remove it; `.*` at an end of the expression matches any text",
        "eql": "write the query in {language}, or name EQL as its language",
        "slash": "write `\\/`, or put the value in double quotes",
        "percent": "use `*`",
    }

    variant: Literal["regexp", "exists", "quotes", "comment", "anchor", "percent", "eql", "slash"]
    value: str
    language: str
    meant: str | None


class SplitValue(Finding):
    code = FindingCode(
        "split-value",
        Severity.WARNING,
        "A value without quotes on a text field is split into words, each of which is enough.",
        "Put the value in quotes to search for its words in a row.",
        basis="read",
        examples=(Example("powershell.file.script_block_text: Get-Keystrokes", 'powershell.file.script_block_text: "Get-Keystrokes"'),),
    )
    message = "any one of the words {words} of `{value}` is enough, because `{field}` is a text field"
    help = 'write `"{value}"` to search for the words in a row'

    value: str
    words: tuple[str, ...]
    field: str


# -- values and their fields ---------------------------------------------------------------------


class PortOutOfRange(Finding):
    code = FindingCode(
        "port-out-of-range",
        Severity.WARNING,
        "A port is greater than 65535.",
        "Correct the number.",
        basis="read",
        examples=(Example("destination.port: 70000", "destination.port: 7000"),),
    )
    message = "`{value}` is not a port: the greatest is 65535"
    help = "correct the number"

    value: str
    field: str


class BlockOnKeyword(Finding):
    code = FindingCode(
        "block-on-keyword",
        Severity.WARNING,
        "An address block is compared with a field that holds text.",
        "A field of type keyword matches the text of the block only. Use a field of type ip, or a wildcard.",
        basis="read",
        examples=(Example("host.name: 10.0.0.0/8", "host.ip: 10.0.0.0/8"),),
    )
    message = "`{value}` is compared as text: `{field}` is of type {type}, which has no address blocks"
    help = "use a field of type ip, or a wildcard"

    value: str
    type: str
    field: str


class CommandLineArgument(Finding):
    code = FindingCode(
        "command-line-argument",
        Severity.WARNING,
        "An argument contains a blank between two options.",
        "Each value of `process.args` is one argument. Compare each argument, or use `process.command_line` with a wildcard.",
        basis="read",
        examples=(
            Example('process where process.args : "-enc -nop"', 'process where process.args : "-enc" and process.args : "-nop"', "eql"),
        ),
    )
    message = "`{value}` is several arguments: each value of `{field}` is one"
    help = "compare each argument, or use `{meant}` with wildcards"

    value: str
    meant: str
    field: str


class ValueUnexpected(Finding):
    code = ValueOutside.code
    severity = Severity.NOTE
    message = "`{value}` is not a value that the Elastic Common Schema expects for `{field}`"
    notes = ("expected values: {expected}",)
    help = "did you mean `{close}`?"

    value: str
    expected: tuple[str, ...]
    close: str | None
    field: str


class UnknownDataset(Finding):
    code = FindingCode(
        "unknown-dataset",
        Severity.WARNING,
        "The name of a data set, in the query or an index pattern, is nearly that of a known one.",
        "Correct the name.",
        basis="read",
        examples=(
            Example("event.dataset: azure.signinlog", "event.dataset: azure.signinlogs"),
            Example(_RULE.format("logs-endpoint.events.file.*"), _RULE.format("logs-endpoint.events.file-*"), "toml"),
        ),
    )
    message = "`{value}` is not a known data set"
    help = "did you mean `{meant}`?"

    value: str
    meant: str
    field: str


SLIPS: tuple[type[Finding], ...] = tuple(
    each for each in list(vars().values()) if isinstance(each, type) and issubclass(each, Finding) and each.__module__ == __name__
)
"""In the order of their declarations."""
