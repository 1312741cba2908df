"""Writes what is generated among these pages: ``python docs/generate.py``.

- ``command.md`` and ``api.md``, from the package's own help texts and docstrings;
- the tables of ``findings.md`` and the pages in ``findings/``, from the declarations of findings;
- the output of the examples, wherever it is not what the page shows.

``python docs/generate.py --transcript`` also runs the tour in a new environment and writes ``first-five-minutes.txt``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import findings_page
import reference
from examples import rewritten
from transcript import transcript

DOCS = Path(__file__).resolve().parent
GENERATED = {
    "command.md": reference.command_page,
    "api.md": reference.api_page,
    "findings.md": findings_page.findings_page,
    **findings_page.code_pages(),
}
PAGES_WITH_EXAMPLES = ("tour.md",)


def main() -> None:
    for name, page in GENERATED.items():
        _write(DOCS / name, page())
    for name in PAGES_WITH_EXAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            _write(DOCS / name, rewritten((DOCS / name).read_text(encoding="utf-8"), Path(folder)))
    if "--transcript" in sys.argv[1:]:
        _write(DOCS / "first-five-minutes.txt", transcript((DOCS / "tour.md").read_text(encoding="utf-8"), DOCS.parent))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else None
    if before != text:
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(DOCS.parent)}: written")


if __name__ == "__main__":
    main()
