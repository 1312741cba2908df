"""Where ``compile-rule`` starts."""

from __future__ import annotations

from .interruption import end_at_once

# When this is imported, and not when `main` is called: what lies between may be interrupted too.
end_at_once()


def main() -> None:
    """Run the command."""
    from .cli import main as command

    command(prog_name="compile-rule")
