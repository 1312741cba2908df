"""``python -m triggerfish`` is ``triggerfish``."""

from triggerfish.api.cli.entry import main

if __name__ == "__main__":
    main()
