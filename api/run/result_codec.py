"""Records as JSON and back: for the journal of a run and for the cache."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...backends.plan.node_codec import CodecError, Writer, read
from ...backends.report.rule_result import RuleResult, Seconds, Status
from ...compiler.diagnostics.diagnostic import Diagnostic, Severity
from ...compiler.schema.fields import FieldSpec, Schema
from ...grammar.span import Span


class ResultCodecError(ValueError):
    """A text that no result was stored as."""


def store(result: RuleResult) -> str:
    """A result as one line of JSON, without the lines of its documents and without a line break."""
    writer = Writer()
    fields = [writer.write(spec) for spec in result.fields]
    content = {
        "path": result.path,
        "status": result.status.value,
        "rule_id": result.rule_id,
        "name": result.name,
        "type": result.type,
        "language": result.language,
        "documents": result.documents,
        "matches": result.matches,
        "indices": list(result.indices),
        "fixed_times": list(result.fixed_times),
        "draws": dict(result.draws),
        "plan": result.plan,
        "seconds": [result.seconds.parse, result.seconds.compile, result.seconds.solve, result.seconds.sample],
        "findings": [_finding(finding) for finding in result.findings],
        "text": result.text,
        "file": result.file,
        "line": result.line,
        "fields": fields,
        "nodes": writer.entries,
    }
    # Not orjson, which refuses the surrogates that stand for odd bytes in the names of files.
    return json.dumps(content, separators=(",", ":"))


def restore(text: str | bytes, schema: Schema) -> RuleResult:
    """The result that was stored.

    Args:
        text: what `store` gave.
        schema: that of the run.

    Raises:
        StoredError: it is nothing that `store` gives.
    """
    try:
        content = json.loads(text)
        nodes = read(content.pop("nodes"), schema)
        fields = tuple(nodes[number] for number in content.pop("fields"))
        if not all(isinstance(spec, FieldSpec) for spec in fields):
            raise ResultCodecError("its fields are none")
        findings = tuple(_diagnostic(found) for found in content.pop("findings"))
        seconds = Seconds(*content.pop("seconds"))
        indices, times = tuple(content.pop("indices")), tuple(content.pop("fixed_times"))
        status = Status(content.pop("status"))
        result = RuleResult(status=status, findings=findings, seconds=seconds, fields=fields, **content)
        return replace(result, indices=indices, fixed_times=times)
    except (CodecError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ResultCodecError(str(error)) from None


def _finding(finding: Diagnostic) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "spans": [[span.start, span.end] for span in finding.spans],
        "field": finding.field,
        "notes": list(finding.notes),
        "help": finding.help,
        "parts": dict(finding.parts),
    }


def _diagnostic(found: Mapping[str, Any]) -> Diagnostic:
    spans = tuple(Span(start, end) for start, end in found["spans"])
    severity = Severity(found["severity"])
    parts = {name: tuple(part) if isinstance(part, list) else part for name, part in found["parts"].items()}
    return Diagnostic(found["code"], severity, found["message"], spans, found["field"], tuple(found["notes"]), found["help"], parts)
