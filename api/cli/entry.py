"""Where the programs ``triggerfish`` and ``compile-rule`` start."""

from __future__ import annotations

import sys

from triggerfish import __version__

from ..on_demand import load
from .interrupts import end_at_once

# When this is imported, and not when a program is called: what lies between may be interrupted too.
end_at_once()


def main() -> None:
    """Run ``triggerfish``."""
    _start("triggerfish")


def compile_rule() -> None:
    """Run ``compile-rule``."""
    _start("compile-rule")


def _start(program: str) -> None:
    if sys.argv[1:] in (["--version"], ["-V"]):
        # Scripts ask for nothing else, and importing click takes several times as long as this.
        print(program, __version__)
        return
    load(".cli.command:start")(program)
