"""Where bytes go: standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO

from ...compiler.file_input import reason
from ...grammar.errors import TriggerfishError


class OutputError(TriggerfishError):
    """A file that cannot be written; the message says which and why."""

    def __init__(self, path: str, error: OSError | str) -> None:
        self._given = (path, error)
        name = "standard output" if path == "-" else f"`{path}`"
        super().__init__(f"cannot write {name}: {error if isinstance(error, str) else reason(error)}")

    def __reduce__(self) -> tuple[type[OutputError], tuple[str, OSError | str]]:
        # Errors are pickled between processes.
        return OutputError, self._given


@contextmanager
def output(path: str) -> Iterator[IO[bytes]]:
    """A stream to write to; ``-`` is standard output.

    What is written to a file goes to a temporary one beside it, which takes its place when the block ends, and is
    removed when the block raises.

    Raises:
        OutputError: the file cannot be made, written or replaced.
        BrokenPipeError: nobody reads standard output any more.
    """
    with raising_output_errors(path), _opened(path) as stream:
        yield stream


@contextmanager
def raising_output_errors(path: str) -> Iterator[None]:
    """Turn what the operating system refuses within the block into an `OutputError` that names the file."""
    try:
        yield
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
    with raising_output_errors(path):
        found.mkdir(parents=True, exist_ok=True)
    return found


def is_replaceable(path: str) -> bool:
    """Whether a new file can take the place of what the path names; a device or a named pipe is written to instead."""
    return path != "-" and not (Path(path).exists() and not Path(path).is_file() and not Path(path).is_dir())


def replaced(path: str) -> Path:
    """The file to replace: a link stays one, and what it points at is replaced.

    Raises:
        IsADirectoryError: it is a folder.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(None, "it is a folder")
    return target


def as_closed_as(temporary: Path, target: Path) -> None:
    """Give a file the permissions of the one that it is to replace."""
    if target.exists():
        temporary.chmod(target.stat().st_mode & 0o777)


def _opened(path: str) -> AbstractContextManager[IO[bytes]]:
    if path == "-":
        return _stdout()
    return _replacement(path) if is_replaceable(path) else Path(path).open("wb")


@contextmanager
def _stdout() -> Iterator[IO[bytes]]:
    # Python has none where the shell closed it.
    if sys.stdout is None:
        raise OutputError("-", "it is closed")
    stream = sys.stdout.buffer
    yield stream
    stream.flush()


@contextmanager
def _replacement(path: str) -> Iterator[IO[bytes]]:
    target = replaced(path)
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("xb") as stream:
            as_closed_as(temporary, target)
            yield stream
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
