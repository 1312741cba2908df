"""What is too long for a message, in a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class CrashLog:
    """A file in the folder for temporary ones, made when something is first written to it."""

    def __init__(self) -> None:
        self.path: Path | None = None

    def add(self, text: str) -> str:
        """Append a text; returns where it can be read, or why not."""
        try:
            if self.path is None:
                handle, name = tempfile.mkstemp(prefix="triggerfish-", suffix=".log")
                os.close(handle)
                self.path = Path(name)
            with self.path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text.rstrip() + "\n\n")
        except OSError as error:
            return f"details could not be written: {error.strerror or error}"
        return f"details are in {self.path}"
