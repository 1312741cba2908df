"""What became of rules, kept between runs: ``--cache``.

An entry is found by what it depends on: the rule's text and name, the options, the schema and the version of this program. So nothing
in a cache is ever out of date, and the folder can be removed at any time.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ...backends.report.rule_result import RuleResult, Seconds, Status
from ...compiler.diagnostics.codes import FINDING_CODES
from ...compiler.schema.fields import Schema
from .result_codec import ResultCodecError, restore, store

LARGEST = 1 << 22
"""Bytes of one rule's documents that are kept; more are quicker drawn again than read."""


@dataclass(frozen=True, slots=True)
class ResultCache:
    """Entries in a folder.

    Attributes:
        folder: holds them; it is there.
        key: what all outcomes of a run depend on.
    """

    folder: Path
    key: str

    def find(self, digest: str, schema: Schema) -> tuple[RuleResult, list[bytes]] | None:
        """The result of a rule and its lines, many at a time; None if they are not known.

        Args:
            digest: the rule's.
            schema: that of the run.
        """
        try:
            data = self._path(digest).read_bytes()
        except OSError:
            return None
        checksum, _, content = data.partition(b"\n")
        # A truncated or modified file is not an entry.
        if checksum != hashlib.sha256(content).hexdigest().encode():
            return None
        stored, _, lines = content.partition(b"\n")
        sizes, _, text = stored.partition(b"\t")
        try:
            result = replace(restore(text, schema), seconds=Seconds())
        except ResultCodecError:
            return None
        pieces, at = [], 0
        for size in map(int, sizes.split()):
            pieces.append(lines[at : at + size])
            at += size
        return result, pieces

    def add(self, digest: str, result: RuleResult, lines: list[bytes]) -> None:
        """Store a rule's result, if it is the same in every run."""
        if result.status is Status.UNKNOWN or any(FINDING_CODES[finding.code].passing for finding in result.findings):
            return
        sizes = " ".join(str(len(piece)) for piece in lines)
        content = f"{sizes}\t{store(result)}\n".encode() + b"".join(lines)
        path = self._path(digest)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        # A cache that cannot be written saves no time, and does no harm.
        with suppress(OSError):
            path.parent.mkdir(exist_ok=True)
            temporary.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
            temporary.replace(path)

    def _path(self, digest: str) -> Path:
        name = hashlib.sha256(f"{self.key} {digest}".encode()).hexdigest()
        return self.folder / name[:2] / name
