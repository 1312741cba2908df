"""The pages of findings: one that lists the codes, below its hand-written text, and one for each code, from the declarations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from triggerfish.compiler.diagnostics.codes import FINDING_CODES, FINDINGS
from triggerfish.compiler.diagnostics.diagnostic import Severity
from triggerfish.compiler.diagnostics.finding import Example, FindingCode, texts
from triggerfish.compiler.languages import LANGUAGES

PAGE = Path(__file__).resolve().parent / "findings.md"
BEGIN = "<!-- Written by `python docs/generate.py`; changes belong in compiler/diagnostics/. -->\n"
END = "<!-- End of what is generated. -->\n"

_TITLES = {
    Severity.ERROR: "Errors: why a rule has no documents",
    Severity.WARNING: "Warnings: what is wrong with a rule that has documents",
    Severity.NOTE: "Notes",
}
_FORMAT = re.compile(r":[^{}]*\}")
_RULES = {"toml": "TOML", "sigma": "Sigma"}
"""Forms of rules that are not queries, as pages call them."""
_BASES = {"proved": "Proved.", "read": "Read in the rule's text.", None: ""}


def findings_page() -> str:
    """The page with its generated part renewed."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{_entries()}\n{END}{after}"


def code_pages() -> Mapping[str, Callable[[], str]]:
    """The page of each code, by its path from this folder."""
    return {f"findings/{name}.md": partial(_code_page, code) for name, code in FINDING_CODES.items()}


def _entries() -> str:
    parts: list[str] = []
    for severity, title in _TITLES.items():
        codes = [code for code in FINDING_CODES.values() if code.severity is severity]
        parts += [f"## {title}\n", "| code | what it says |", "|---|---|"]
        parts += [*(f"| [`{code.name}`](findings/{code.name}.md) | {code.summary} |" for code in codes), ""]
    return "\n".join(parts).rstrip() + "\n"


def _code_page(code: FindingCode) -> str:
    return "\n".join(_code_lines(code)).rstrip() + "\n"


def _code_lines(code: FindingCode) -> Iterator[str]:
    yield f"# {code.name}\n"
    yield " ".join(filter(None, (code.summary, code.detail, _BASES[code.basis]))) + "\n"
    yield f"{_USUAL[code.severity]}\n"
    yield f"What to do: {_plain(code.advice)}\n"
    for number, example in enumerate(code.examples):
        yield from _example(example, first=number == 0)
    messages = [text for finding in FINDINGS if finding.code is code for text in texts(finding.message) if text != "{text}"]
    if messages:
        yield "## Messages\n"
        yield from (f"- `` {_FORMAT.sub('}', message)} ``" for message in messages)
        yield ""
    yield "[All findings](../findings.md)"


_USUAL = {Severity.ERROR: "It is an error.", Severity.WARNING: "It is a warning.", Severity.NOTE: "It is a note."}


def _example(example: Example, *, first: bool) -> Iterator[str]:
    if first:
        yield "## Examples\n"
    display = _RULES.get(example.language) or LANGUAGES[example.language].display
    fence = {"toml": "toml", "sigma": "yaml"}.get(example.language, "text")
    yield f"{display}, with the finding:\n"
    yield f"```{fence}\n{example.bad.rstrip()}\n```\n"
    yield "Instead:\n"
    yield f"```{fence}\n{example.good.rstrip()}\n```\n"


def _plain(text: str) -> str:
    """Options as code."""
    return re.sub(r"(?<![`\w])(--[a-z-]+)", r"`\1`", text)
