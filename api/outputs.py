"""Where bytes go: standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO


class OutputError(Exception):
    """A file that cannot be written; the message says which and why."""

    def __init__(self, path: str, error: OSError) -> None:
        name = "standard output" if path == "-" else f"`{path}`"
        super().__init__(f"cannot write {name}: {(error.strerror or str(error)).lower()}")


@contextmanager
def output(path: str) -> Iterator[IO[bytes]]:
    """A stream to write to; ``-`` is standard output.

    What is written to a file goes to a temporary one beside it, which takes its place when the block ends, and is
    removed when the block raises.

    Raises:
        OutputError: the file cannot be made, written or replaced.
        BrokenPipeError: nobody reads standard output any more.
    """
    try:
        with _opened(path) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(path, error) from None


def folder(path: str) -> Path:
    """A folder to write files to, made if it is not there.

    Raises:
        OutputError: it cannot be.
    """
    found = Path(path)
    try:
        found.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(path, error) from None
    return found


def _opened(path: str) -> AbstractContextManager[IO[bytes]]:
    if path == "-":
        return _stdout()
    target = Path(path)
    # A device or a named pipe cannot be replaced.
    return target.open("wb") if target.exists() and not target.is_file() and not target.is_dir() else _replacement(path)


@contextmanager
def _stdout() -> Iterator[IO[bytes]]:
    stream = sys.stdout.buffer
    yield stream
    stream.flush()


@contextmanager
def _replacement(path: str) -> Iterator[IO[bytes]]:
    # A link stays one: what it points at is replaced.
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(None, "it is a folder")
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("xb") as stream:
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o777)
            yield stream
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
