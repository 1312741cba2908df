"""Where ``compile-rule`` starts."""

from __future__ import annotations

import os

from .interrupts import end_at_once

# When this is imported, and not when `main` is called: what lies between may be interrupted too.
end_at_once()


def main() -> None:
    """Run the command."""
    from .command import main as command
    from .help import PROGRAM, VARIABLE

    if VARIABLE in os.environ:
        # Makes its classes known, which click asks for completions.
        from . import completion  # noqa: F401

    command(prog_name=PROGRAM)
