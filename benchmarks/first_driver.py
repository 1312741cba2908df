"""Draw a verified document for each rule path on standard input; print the counts as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from time import process_time

from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import RuleFile
from triggerfish.backends.limits import Strategy

from .subjects import settings


def main() -> None:
    """Compile them, and say how many are ok."""
    paths = sys.stdin.read().split("\n")
    plain = replace(settings(1), strategy=Strategy(findings="--findings" in sys.argv))
    began = process_time()
    records = [compile_source(RuleFile(Path(path)), plain) for path in paths]
    json.dump({"ok": sum(record.documents > 0 for record in records), "all": process_time() - began}, sys.stdout)


if __name__ == "__main__":
    main()
