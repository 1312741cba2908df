"""The page of findings: its hand-written text, and one entry for each code, from the declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from triggerfish.compiler.diagnostics.codes import FINDING_CODES, FINDINGS
from triggerfish.compiler.diagnostics.diagnostic import Severity
from triggerfish.compiler.diagnostics.finding import FindingCode, texts

PAGE = Path(__file__).resolve().parent / "findings.md"
BEGIN = "<!-- Written by `python docs/generate.py`; changes belong in compiler/diagnostics/. -->\n"
END = "<!-- End of what is generated. -->\n"

_TITLES = {
    Severity.ERROR: "Errors: why a rule has no documents",
    Severity.WARNING: "Warnings: what is wrong with a rule that has documents",
    Severity.NOTE: "Notes",
}
_FORMAT = re.compile(r":[^{}]*\}")
_BASES = {"proved": "Proved.", "read": "Read in the rule's text.", None: ""}


def findings_page() -> str:
    """The page with its generated part renewed."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{_entries()}\n{END}{after}"


def _entries() -> str:
    parts: list[str] = []
    for severity, title in _TITLES.items():
        codes = [code for code in FINDING_CODES.values() if code.severity is severity]
        parts.append(f"## {title}\n")
        parts += ["| code | what it says |", "|---|---|", *(f"| [`{code.name}`](#{code.name}) | {code.summary} |" for code in codes), ""]
        for code in codes:
            parts += _entry(code)
    return "\n".join(parts).rstrip() + "\n"


def _entry(code: FindingCode) -> Iterator[str]:
    yield f"### {code.name}\n"
    yield " ".join(filter(None, (code.summary, code.detail, _BASES[code.basis]))) + "\n"
    yield f"What to do: {_plain(code.advice)}\n"
    messages = [text for finding in FINDINGS if finding.code is code for text in texts(finding.message) if text != "{text}"]
    yield from (f"- `` {_FORMAT.sub('}', message)} ``" for message in messages)
    yield ""


def _plain(text: str) -> str:
    """Options as code."""
    return re.sub(r"(?<![`\w])(--[a-z-]+)", r"`\1`", text)
