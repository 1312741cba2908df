"""The documentation: its examples run, its reference pages are those of the code, its links lead somewhere."""

from __future__ import annotations

import ast
import re
import shutil
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import examples
import generate
import reference
import triggerfish
from compile_rule import ROOT, command
from triggerfish.compiler.values.functions import BY_LOWER_NAME, FUNCTIONS
from triggerfish.rules import RULE_TYPES

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
LINKED = [ROOT / "README.md", *PAGES]
AGAIN = "run `python docs/generate.py`, and look at what it changed"


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# -- generated pages ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", generate.GENERATED)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert text(DOCS / name) == generate.GENERATED[name](), AGAIN


def test_every_option_is_in_the_reference_of_the_command() -> None:
    shown = command("--help").stdout.decode()
    page = text(DOCS / "command.md")
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", shown))
    assert {"--count", "--help"} < options
    assert [option for option in sorted(options) if f"`{option}`" not in page] == []


def test_every_public_name_is_in_the_reference_of_the_api() -> None:
    grouped = [name for names in reference.GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(triggerfish.__all__), "reference.GROUPS places each name of triggerfish.__all__ in a section"
    headings = set(re.findall(r"^### (\w+)$", text(DOCS / "api.md"), re.MULTILINE))
    assert set(triggerfish.__all__) <= headings
    assert {"emit", "add_rule", "mappings"} <= set(re.findall(r"^#### SourceEvents\.(\w+)$", text(DOCS / "api.md"), re.MULTILINE))


def test_nothing_of_sphinx_is_left_in_the_reference_of_the_api() -> None:
    page = text(DOCS / "api.md")
    assert "``" not in page.replace("```", "")
    assert re.findall(r":\w+:`", page) == []


# -- examples ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", generate.PAGES_WITH_EXAMPLES)
def test_examples_print_what_the_page_shows(name: str, tmp_path: Path) -> None:
    found = [example for example in examples.examples(text(DOCS / name)) if not example.install]
    marks = re.findall(r"^<!-- (run|output)", text(DOCS / name), re.MULTILINE)
    assert marks.count("run") == len(found) > 0, "a block that is marked is a block of sh, right after the mark"
    assert marks.count("output") == sum(example.place is not None for example in found)
    for example in found:
        code, printed = examples.run(example.commands, tmp_path)
        place = f"{name}:{example.line}"
        assert examples.alike(printed) == examples.alike(example.shown), f"{place}: {AGAIN}"
        assert code == example.code, f"{place}: {printed}"


def test_an_example_that_prints_something_else_is_noticed(tmp_path: Path) -> None:
    page = "<!-- run -->\n```sh\necho in 1.23 s; echo b\n```\n\nwords\n\n<!-- output -->\n```text\nin 9.99 s\na\n```\n"
    (example,) = examples.examples(page)
    assert example.shown == "in 9.99 s\na\n"
    assert examples.rewritten(page, tmp_path) == page.replace("9.99", "1.23").replace("\na\n", "\nb\n")
    assert examples.rewritten(page.replace("\na\n", "\nb\n"), tmp_path) == page.replace("\na\n", "\nb\n"), "only the time differs"
    with pytest.raises(ValueError, match="exit code 3 where 0"):
        examples.rewritten("<!-- run -->\n```sh\nexit 3\n```\n", tmp_path)
    with pytest.raises(ValueError, match="printed"):
        examples.rewritten("<!-- run -->\n```sh\necho a\n```\n", tmp_path)


def fences(page: str, language: str) -> Iterator[tuple[str, str]]:
    """Each block of a language, and the text before it."""
    for found in re.finditer(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        yield found[1], page[: found.start()]


PYTHON = [
    pytest.param(block, id=f"{path.name}:{before.count(chr(10)) + 2}")
    for path in LINKED
    if path.name not in generate.GENERATED
    for block, before in fences(text(path), "python")
    if not block.startswith(">>>")
]


@pytest.mark.parametrize("block", PYTHON)
def test_python_in_the_pages_does_what_its_comments_say(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment on the line after an expression is its value, or the error that it raises."""
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    lines = block.split("\n")
    for statement in ast.parse(block).body:
        assert statement.end_lineno is not None
        source = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
        after = lines[statement.end_lineno] if statement.end_lineno < len(lines) else ""
        wanted = after[2:] if after.startswith("# ") else None
        if not isinstance(statement, ast.Expr):
            exec(source, names)
            continue
        try:
            value = repr(eval(source.split("  # ")[0], names))
        except Exception as error:
            value = f"{type(error).__name__}: {error}"
            assert wanted is not None, value
        assert wanted is None or value == wanted


# Pages with tests of their own, and docs/elasticsearch.md, whose commands need a server.
TESTED_ELSEWHERE = {*generate.GENERATED, "ci.md", "elasticsearch.md", "terminal.md"}
COMMANDS = [
    pytest.param(line, id=f"{path.name}: {line[:60]}")
    for path in LINKED
    if path.name not in TESTED_ELSEWHERE
    for block, before in (*fences(text(path), "sh"), *fences(text(path), "console"))
    if not before.rstrip("\n").endswith("-->")
    for line in block.replace("$ ", "").split("\n")
    if line.startswith("compile-rule")
]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_that_pages_show_in_passing_are_understood(line: str, tmp_path: Path) -> None:
    (tmp_path / "rules").symlink_to(ROOT / "rules")
    shutil.copy(ROOT / "rules/network/command_and_control_port_26_activity.toml", tmp_path / "rule.toml")
    code, printed = examples.run(f"{line} > documents.txt", tmp_path)
    assert code in (0, 1) or "rules/broken/" in printed, printed
    assert "Usage:" not in printed
    assert "internal-error" not in printed


def test_the_readme_shows_what_its_last_command_prints(tmp_path: Path) -> None:
    (shown,) = (block for block, _ in fences(text(ROOT / "README.md"), "text") if "error[unsatisfiable]" in block)
    line = next(line for param in COMMANDS for line in param.values if "destination.port > 1024'" in str(line))
    code, printed = examples.run(str(line), tmp_path)
    assert code == 1
    assert shown.strip() in printed


# -- links -------------------------------------------------------------------------------------------


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs name them."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(page: str) -> list[str]:
    prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", prose)


@pytest.mark.parametrize("path", LINKED, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links(text(path)):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme == "https", link
            assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc), link
            continue
        target = path if not parts.path else (path.parent / parts.path).resolve()
        assert target.is_relative_to(ROOT), link
        assert target.is_file(), f"{link}: no such file"
        if path.parent == DOCS:
            assert target.is_relative_to(DOCS), f"{link}: the site holds only what is in docs/"
        if parts.fragment:
            assert parts.fragment in anchors(text(target)), f"{link}: there is no such heading"


def test_a_link_to_nowhere_is_noticed() -> None:
    assert links("see [a](b.md#c), `[d](e)` and\n```\n[f](g)\n```\n") == ["b.md#c"]
    assert anchors("# The `x` of it\n\n```\n# no\n```\n## Two words\n") == {"the-x-of-it", "two-words"}


# -- what pages list ---------------------------------------------------------------------------------


def test_the_page_on_eql_has_every_function() -> None:
    page = text(DOCS / "eql.md")
    operators = {"add": "+", "subtract": "-"}
    names = {FUNCTIONS[function.name].name for function in BY_LOWER_NAME.values()} | set(operators)
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_every_type_of_rule_is_spoken_of() -> None:
    pages = text(ROOT / "README.md")
    assert [name for name in RULE_TYPES if f"`{name}`" not in pages] == []


# -- the site ----------------------------------------------------------------------------------------


class Fetched(HTMLParser):
    """What a page of HTML makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ("script", "img", "iframe", "source"):
            self.addresses.append(values.get("src") or "")
        if tag == "link" and values.get("rel") in ("stylesheet", "preconnect", "preload", "icon"):
            self.addresses.append(values.get("href") or "")


def test_the_site_is_built_and_fetches_nothing(tmp_path: Path) -> None:
    if find_spec("mkdocs") is None or find_spec("material") is None:
        pytest.skip("MkDocs is not installed: pip install 'triggerfish[docs]'")
    code, printed = examples.run(f"python -m mkdocs build --strict --site-dir {tmp_path}/site", ROOT)
    assert code == 0, printed
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert {path.stem for path in PAGES} <= {path.stem for path in pages}
    for path in pages:
        parser = Fetched()
        parser.feed(text(path))
        assert [address for address in parser.addresses if urlsplit(address).netloc] == [], path.name
    assert not list((tmp_path / "site").rglob("*.py"))


def test_every_page_has_its_place_in_the_site() -> None:
    named = set(re.findall(r": ([\w-]+\.md)$", text(ROOT / "mkdocs.yml"), re.MULTILINE))
    assert named == {path.name for path in PAGES}, "name each page in the `nav` of mkdocs.yml"
    extras = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["optional-dependencies"]
    assert any(name.startswith("mkdocs-material") for name in extras["docs"])
