"""Files that others write, read within bounds, and what the library for YAML raises of them."""

from __future__ import annotations

from pathlib import Path

MAX_BYTES = 64 << 20
"""The largest file that is read."""
TOO_LARGE = f"larger than {MAX_BYTES >> 20} MiB"

YAML_STUMBLES = (ValueError, TypeError, LookupError, AttributeError, OverflowError)
"""What PyYAML's own code raises where it stumbles: over dates that there are not, over booleans that are none."""
STUMBLED = "not valid YAML: a value is not of the type that it is written as"


def read_bounded(path: Path) -> bytes:
    """What a file holds; of one that is larger than ``MAX_BYTES``, which may have no end, a byte more than that.

    Raises:
        OSError, ValueError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def reason(error: Exception) -> str:
    """What the operating system said, in lower case."""
    return str(getattr(error, "strerror", None) or error).lower()
