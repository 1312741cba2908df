"""``python -m triggerfish`` is ``compile-rule``."""

from .entry import main

if __name__ == "__main__":
    main()
