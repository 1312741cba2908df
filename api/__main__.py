"""``python -m triggerfish`` is ``compile-rule``."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="compile-rule")
