"""``python -m triggerfish`` is ``compile-rule``."""

from triggerfish.api.cli.entry import main

if __name__ == "__main__":
    main()
