"""Document formats that write a folder of files: the lines of a run are kept in a temporary file until it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ...backends.report.document_formats import FORMATS
from .output_files import OutputError, folder, raising_output_errors


@contextmanager
def document_folder(path: str, format_: str) -> Iterator[str]:
    """The file that a run writes its lines to; when the block ends, its files are written to a folder.

    Args:
        path: the folder.
        format_: a key of `FORMATS` whose format has files.

    Raises:
        OutputError: the folder or a file in it cannot be written.
    """
    files = FORMATS[format_].files
    assert files is not None
    if path == "-":
        raise OutputError(path, f"the format {format_} writes a folder: give one with -o")
    target = folder(path)
    with TemporaryDirectory() as work:
        spool = Path(work, "lines.ndjson")
        yield str(spool)
        if not spool.exists():
            return
        with raising_output_errors(path), spool.open("rb") as lines:
            for name, content in files(lines):
                file = target / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
