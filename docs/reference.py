"""The reference pages: the command's from its options, the API's from its docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import click

import triggerfish
from triggerfish.api.cli.command import command
from triggerfish.api.cli.commands import COMMANDS, GROUP, Examples
from triggerfish.api.cli.help import EXIT_CODES, EXIT_CODES_NOTE, program, sections
from triggerfish.api.cli.settings import SETTINGS
from triggerfish.api.options import rows
from triggerfish.api.run.run_options import DOCUMENT_FORMATS
from triggerfish.api.source_events import Root
from triggerfish.backends.compare.comparison import Comparison, Outcome, Part, Relation, Side
from triggerfish.backends.limits import Limits, Strategy
from triggerfish.compiler.diagnostics.diagnostic import Severity
from triggerfish.compiler.explain.core_reasons import Reason
from triggerfish.grammar.span import Position, Span

NOTE = "<!-- Written by `python docs/generate.py`; changes belong in {}. -->\n"

GROUPS: dict[str, tuple[str, ...]] = {
    "Generating events": ("SourceEvents",),
    "Checking": ("check", "Finding"),
    "Rules": ("RuleCollection", "Rule"),
    "Events at hand": ("match", "Alert", "why"),
    "Comparing": ("compare", "RuleComparison"),
    "Matching and translating": ("match_events", "Match", "to_query_dsl"),
    "Errors": (
        "TriggerfishError",
        "QuerySyntaxError",
        "QueryError",
        "InvalidQueryError",
        "UnsupportedQueryError",
        "UnsolvableError",
        "UndecidedError",
        "UnsolvableWarning",
        "RuleError",
        "SchemaError",
        "PlanFileError",
    ),
}
"""The names in ``triggerfish.__all__`` by section; a test fails for one that is in none."""

MET: tuple[type, ...] = (Root, Limits, Strategy, Reason, Severity, Span, Position, Comparison, Side, Part, Outcome, Relation)
"""What the former take or return, and is not in ``triggerfish`` itself."""


_SETTINGS_TEXT = (
    "Settings for a repository of rules are read from `triggerfish.toml`, or from `[tool.triggerfish]` in `pyproject.toml`. Only the "
    "nearest such file is read, searching upwards from the common folder of all rules; options on the command line override it. Paths in "
    "it are relative to its folder. `triggerfish check --show-settings` prints the effective settings and the path of the file.",
    """```toml
[tool.triggerfish]
schema = ["mappings.json"]
exclude = ["rules/deprecated"]
ignore = ["value-outside"]
timeout = 30

[tool.triggerfish.per-file-ignores]
"rules/vendor/**" = ["duplicate-id", "unknown-field"]

[tool.triggerfish.severity]
unknown-field = "error"
```""",
    "`ignore` and `per-file-ignores` are lists of codes of warnings and notes; see [findings](findings.md). Errors cannot be ignored. "
    "`severity` is a table from codes of warnings and notes to `error`, `warning` or `note`.",
    "A comment in a rule in TOML or YAML, `# triggerfish: ignore[code, code]`, ignores its findings of these codes. A code of which the "
    "rule has no finding is reported as [unused-ignore](findings/unused-ignore.md).",
)


# -- the command ---------------------------------------------------------------------------------


def command_page() -> str:
    """The reference of ``triggerfish`` and ``compile-rule``."""
    parts = [
        NOTE.format("the rows of commands and options, in `api/cli/commands.py` and `api/run/run_options.py`"),
        "# The commands",
        f"`{GROUP} COMMAND` runs one of the commands below; `compile-rule` combines `check`, `generate` and `explain` in one program. "
        f"`{GROUP} --help`, `{GROUP} COMMAND --help` and `compile-rule --help` show this reference in a terminal. "
        f"`python -m triggerfish` is the same as `{GROUP}`.",
        "| command | |\n|---|---|\n" + "\n".join(f"| [`{name}`](#{name}) | {_cell(row.summary)} |" for name, row in COMMANDS.items()),
    ]
    for name in COMMANDS:
        parts += _command(name)
    parts += [
        "## Settings",
        *_SETTINGS_TEXT,
        _table("key", [(key, row.help) for key, (_, row) in SETTINGS.items()]),
        "## Document formats",
        _table("format", tuple(DOCUMENT_FORMATS.items())),
        "## Exit codes",
        _table("code", EXIT_CODES),
        *_paragraphs(EXIT_CODES_NOTE),
    ]
    return "\n\n".join(parts).replace("-->\n\n\n", "-->\n\n") + "\n"


def _command(name: str) -> Iterator[str]:
    """One command, as paragraphs: options that the batch command has too are described there."""
    row, built = COMMANDS[name], command(name)
    called = program(name, row)
    context = click.Context(built, info_name=called, **built.context_settings)
    described = row.batch or not row.has_outcomes
    yield f"## {name}"
    yield f"```text\n{called} {' '.join(built.collect_usage_pieces(context))}\n```"
    yield from _paragraphs(built.help or "")
    if "" in row.examples:
        yield _examples(called, row.examples[""])
    placed = {field: option.section for field, option in rows(built.options)}
    for title, options in sections(built, placed):
        if not described:
            names = ", ".join(f"`{max(option.opts, key=len)}`" for option in options)
            yield f"{title}: {names}."
            continue
        if row.batch:
            yield f"### {title}"
        yield "| option | default | |\n|---|---|---|\n" + "\n".join(_row(option, context) for option in options)
        if title in row.examples:
            yield _examples(called, row.examples[title])


def _examples(called: str, examples: Examples) -> str:
    return "```sh\n" + "".join(f"# {purpose}\n{called} {line}\n" for line, purpose in examples) + "```"


def _table(name: str, rows: Sequence[tuple[str, str]]) -> str:
    return f"| {name} | |\n|---|---|\n" + "\n".join(f"| `{key}` | {_cell(text)} |" for key, text in rows)


def _row(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    taken = _taken(option, context)
    text = option.help or ""
    if isinstance(option.type, click.Choice):
        text += f" One of {', '.join(f'`{choice}`' for choice in option.type.choices)}."
    if option.multiple and "several times" not in text:
        text += " May be given several times."
    return f"| {names}{taken} | {_default(option)} | {_cell(text.strip())} |"


def _taken(option: click.Option, context: click.Context) -> str:
    if option.is_flag or option.count:
        return ""
    name = option.metavar or (option.name if isinstance(option.type, click.Choice) else re.split(r"[ _]", option.type.name)[0])
    return f" *{str(name).upper()}*"


def _default(option: click.Option) -> str:
    if isinstance(option.show_default, str):
        return f"`{option.show_default}`"
    value = option.default
    if option.secondary_opts and isinstance(value, bool):
        return f"`{(option.opts if value else option.secondary_opts)[-1]}`"
    return f"`{value}`" if isinstance(value, str | int | float) and not isinstance(value, bool) and option.show_default else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# -- the API -------------------------------------------------------------------------------------


def api_page() -> str:
    """The reference of the Python package."""
    parts = [
        NOTE.format("the docstrings of the package"),
        "# The Python API",
        "Names in all sections except the last are imported from `triggerfish`. Anything not listed here may change without notice.",
    ]
    for title, names in GROUPS.items():
        parts.append(f"## {title}")
        for name in names:
            parts += _entry(name, getattr(triggerfish, name))
    parts += ["## Arguments and results", "These classes are arguments, results and attributes of the above."]
    for each in MET:
        parts += _entry(each.__name__, each, f"`{each.__module__}`")
    return "\n\n".join(parts).replace("-->\n\n\n", "-->\n\n") + "\n"


def _entry(name: str, thing: Any, place: str = "") -> Iterator[str]:
    """One class or function under its public name, as paragraphs."""
    yield f"### {name}"
    if place:
        yield f"In {place}."
    if not isinstance(thing, type):
        yield _signature(thing.__name__, thing)
        yield from _docstring(thing.__doc__)
        return
    if issubclass(thing, BaseException):
        yield f"A {' and a '.join(f'`{base.__name__}`' for base in thing.__bases__)}."
    elif "__init__" in vars(thing) and not is_dataclass(thing):
        yield _signature(thing.__name__, thing.__init__, without_self=True)
    yield from _docstring(thing.__doc__)
    if issubclass(thing, Enum):
        yield f"One of {', '.join(f'`{each.value}`' for each in thing)}."
        return
    if is_dataclass(thing) and "Attributes:" not in (thing.__doc__ or ""):
        yield "\n".join(f"- `{each.name}`: `{each.type}`" for each in fields(thing))
    for name, member in vars(thing).items():
        if not name.startswith("_"):
            yield from _member(thing, name, member)


def _member(owner: type, name: str, member: object) -> Iterator[str]:
    title = f"#### {owner.__name__}.{name}"
    if isinstance(member, property):
        if member.__doc__:
            yield title
            yield from _docstring(member.__doc__)
        return
    function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
    if not inspect.isfunction(function) or not function.__doc__:
        return
    yield title
    yield _signature(f"{owner.__name__}.{name}" if isinstance(member, classmethod) else name, function, without_self=True)
    yield from _docstring(function.__doc__)


_WIDEST = 100


def _signature(name: str, function: Any, *, without_self: bool = False) -> str:
    """A signature as code; one that is too wide has a parameter a line."""
    found = inspect.signature(function)
    parameters = list(found.parameters.values())[1 if without_self else 0 :]
    texts: list[str] = []
    starred = False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            texts.append("*")
        starred = starred or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        texts.append(_parameter(parameter))
    shown = found.return_annotation
    returns = "" if (name[:1].isupper() and "." not in name) or shown in (inspect.Signature.empty, "None") else f" -> {shown}"
    line = f"{name}({', '.join(texts)}){returns}"
    if len(line) > _WIDEST:
        line = f"{name}(\n" + "".join(f"    {text},\n" for text in texts) + f"){returns}"
    return f"```python\n{line}\n```"


def _parameter(parameter: inspect.Parameter) -> str:
    # Annotations are texts: as such, `inspect` would quote them.
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    annotation = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
    default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    return f"{stars}{parameter.name}{annotation}{default}"


_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields):$")
_TITLES = {"Args": "Arguments", "Attributes": "Attributes", "Returns": "Returns", "Raises": "Raises", "Yields": "Yields"}


def _docstring(text: str | None) -> Iterator[str]:
    """A docstring as paragraphs of Markdown: its sections become lists, its examples code."""
    lines = inspect.cleandoc(text or "").split("\n")
    at = 0
    while at < len(lines):
        end = at
        section = _SECTION.match(lines[at])
        while end < len(lines) and (lines[end] or (section is not None and end + 1 < len(lines) and lines[end + 1].startswith(" "))):
            end += 1
        block = lines[at:end]
        at = end + 1
        if section is not None:
            yield f"**{_TITLES[section[1]]}**"
            yield from _section(section[1], block[1:])
        elif block and block[0].startswith(">>>"):
            yield "```python\n" + "\n".join(block) + "\n```"
        elif block:
            yield _marked("\n".join(block))


def _section(name: str, lines: Sequence[str]) -> Iterator[str]:
    body = inspect.cleandoc("\n" + "\n".join(lines))
    if name in ("Returns", "Yields"):
        yield _marked(body)
        return
    items: list[str] = []
    for line in body.split("\n"):
        if line.startswith(" "):
            items[-1] += " " + line.strip()
        elif line:
            items.append(line)
    listed = []
    for item in items:
        names, _, rest = item.partition(": ")
        shown = ", ".join(f"`{each.strip()}`" for each in names.split(","))
        listed.append(f"- {shown}: {_marked(rest)}")
    yield "\n".join(listed)


def _paragraphs(text: str) -> Iterator[str]:
    yield from map(_marked, re.split(r"\n\s*\n", text))


def _marked(text: str) -> str:
    """Sphinx's roles and double backticks as Markdown's code."""
    text = re.sub(r":\w+:`~?([^`]+)`", lambda found: f"`{found[1].lstrip('.')}`", text)
    return text.replace("``", "`")
