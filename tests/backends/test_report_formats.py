"""``--report-format``: each is what its reader takes, and says the same as the others."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker
from markdown_it import MarkdownIt

from compile_rule import PORT_26, SAMPLES, command, invoke, report, rule
from triggerfish.backends.report.exit_codes import exit_code, outcomes_of
from triggerfish.backends.report.formats.junit import junit_entry
from triggerfish.backends.report.formats.registry import REPORT_FORMATS, Run, entry_of
from triggerfish.backends.report.rule_result import RuleResult, Status
from triggerfish.compiler.diagnostics.diagnostic import Diagnostic, Severity
from triggerfish.grammar.span import Span

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parents[1] / "data"
SARIF = Draft4Validator(json.loads((DATA / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")), format_checker=FormatChecker())
JUNIT = xmlschema.XMLSchema(str(DATA / "junit-10.xsd"))
DEAD = "rules/broken/dead_alternative.toml"
CHECK = ("-q", "-f", "none", "-n", "0", "--report", "-", "--report-format")
RUN = Run("1.2.3", 0, 0)


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def written(form: str, *paths: str | Path) -> str:
    return invoke(*CHECK, form, *paths).stdout


def whole(form: str, *records: RuleResult) -> str:
    return REPORT_FORMATS[form].whole(RUN, [entry_of(form, record) for record in records]).decode()


def finding(
    code: str = "dead-alternative", message: str = "m", *spans: Span, severity: str = "warning", notes: tuple[str, ...] = ()
) -> Diagnostic:
    return Diagnostic(code, Severity(severity), message, spans, notes=notes)


# -- SARIF ---------------------------------------------------------------------------------------


def sarif(text: str) -> dict[str, Any]:
    """The only run of a log that is valid."""
    log = json.loads(text)
    assert [error.message for error in SARIF.iter_errors(log)] == []
    (run,) = log["runs"]
    found: dict[str, Any] = run
    return found


def pointed_at(location: dict[str, Any], folder: Path = ROOT) -> str:
    """What stands in the file at the place that a location names, in the way that the log says it counts."""
    physical = location["physicalLocation"]
    file = folder / unquote(physical["artifactLocation"]["uri"])
    lines = re.split("(?<=\n)|(?<=\r)(?!\n)", file.read_bytes().decode("utf-8-sig"))
    region = physical["region"]
    chosen = lines[region["startLine"] - 1 : region["endLine"]]
    chosen[-1] = chosen[-1][: region["endColumn"] - 1]
    return "".join(chosen)[region["startColumn"] - 1 :]


def test_the_validator_can_find_something_wrong() -> None:
    log = json.loads(written("sarif", SAMPLES / "broken" / "dead_alternative.toml"))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    log["runs"][0]["results"][0]["level"] = "warn"
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b"
    assert len(list(SARIF.iter_errors(log))) == 3


@pytest.mark.parametrize(("folder", "least"), [("broken", 20), ("linux", 1)])
def test_sarif_tells_what_the_json_report_tells(folder: str, least: int) -> None:
    run = sarif(written("sarif", f"rules/{folder}"))
    expected = [
        (entry["path"], each["code"], each["fingerprint"], each["span"])
        for entry in report("-n", "0", f"rules/{folder}")["rules"]
        for each in entry["findings"]
    ]
    found = []
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
        region = physical.get("region")
        names = {"startLine": "line", "startColumn": "column", "endLine": "end_line", "endColumn": "end_column"}
        span = None if region is None else {names[name]: value for name, value in region.items()}
        found.append((physical["artifactLocation"]["uri"], result["ruleId"], *result["partialFingerprints"].values(), span))
    assert found == expected
    assert len(found) >= least


def test_sarif_points_at_the_exact_lines() -> None:
    run = sarif(written("sarif", DEAD))
    (result,) = run["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 26, "startColumn": 6, "endLine": 26, "endColumn": 57}
    assert pointed_at(location) == "(network.transport : udp and destination.port : 53)"
    (related,) = result["relatedLocations"]
    assert pointed_at(related) == related["message"]["text"] == "network.transport : tcp"
    assert run["columnKind"] == "unicodeCodePoints"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("crlf.toml", "[rule]\r\ntype = 'query'\r\nquery = '''\r\nname : \"💥\" or\r\n ARM\r\n'''\r\n"),
        ("escapes.toml", '[rule]\ntype = "query"\nquery = """name : "\\U0001F4A5💥\\t" or \\\n\n   ARM or b : 1"""\n'),
        ("one line.toml", "[rule]\ntype = 'query'\nquery = '💥 : 1 or ARM'\n"),
        ("bom.toml", "\ufeff[rule]\nquery = '💥 : 1 or ARM'\ntype = 'query'\n"),
        ("two.ndjson", '{"type":"query","query":"a : 1"}\n\n{"type":"query","query":"a : \\"💥\\" or ARM"}\n'),
        ("list.json", '[{"type":"query","query":"a : 1"},\n {"type":"query",\n  "query":"a : \\"💥\\" or ARM"}]\n'),
        ("block.yaml", "type: query\nquery: |\n  a : 1 or\n  ARM\n"),
    ],
)
def test_sarif_points_at_the_exact_lines_in_all_forms(name: str, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arm = "(process.pid < 1 and process.pid > 2)"
    (tmp_path / name).write_bytes(content.replace("ARM", arm).encode())
    monkeypatch.chdir(tmp_path)
    (result,) = [each for each in sarif(written("sarif", name))["results"] if each["ruleId"] == "dead-alternative"]
    assert pointed_at(result["locations"][0], tmp_path) == arm


def test_sarif_names_no_lines_that_are_not_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("rules.zip", "w") as archive:
        archive.write(SAMPLES / "broken" / "dead_alternative.toml", "in/side.toml")
    Path("missing-rules").mkdir()
    run = sarif(written("sarif", "rules.zip", "missing-rules", "no.toml"))
    locations = [location for result in run["results"] for location in (*result["locations"], *result.get("relatedLocations", ()))]
    assert {json.dumps(location["physicalLocation"]) for location in locations} == {
        json.dumps({"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}) for uri in ("rules.zip", "missing-rules", "no.toml")
    }


def test_sarif_of_what_is_in_no_file() -> None:
    for found in (
        invoke(*CHECK, "sarif", "--query", "source.port > 2 and source.port < 1"),
        invoke(*CHECK, "sarif", "-", stdin=(SAMPLES / "broken" / "unclosed_quote.toml").read_bytes()),
        invoke(*CHECK, "sarif", "-", stdin=b'{"type": "query", "query": "("}'),
    ):
        ((location,),) = [result["locations"] for result in sarif(found.stdout)["results"]]
        assert location in [{"logicalLocations": [{"fullyQualifiedName": name}]} for name in ("<query>", "<stdin>")]


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("a b/50%.toml", "a%20b/50%25.toml"),
        ("./x/../rüle#?.toml", "r%C3%BCle%23%3F.toml"),
        ("a:b.toml", "a%3Ab.toml"),
        ("odd\udcff.toml", "odd%FF.toml"),
    ],
)
def test_sarif_uris(name: str, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    shutil.copy(SAMPLES / "broken" / "unclosed_quote.toml", path)

    def artifact(named: str) -> dict[str, str]:
        location: dict[str, str] = sarif(written("sarif", named))["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        return location

    assert artifact(name) == {"uri": uri, "uriBaseId": "%SRCROOT%"}
    assert artifact(str(path)) == {"uri": f"{tmp_path.as_uri()}/{uri}"}


def test_sarif_paths_that_lead_out_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rule(tmp_path, "out", "(")
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    (result,) = sarif(written("sarif", "../out.toml"))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": path.as_uri()}


def test_sarif_fingerprints_do_not_move_with_the_lines(tmp_path: Path) -> None:
    source = SAMPLES / "broken" / "dead_alternative.toml"
    moved = tmp_path / "moved.toml"
    moved.write_text("\n\n" + source.read_text().replace("destination.port : (80", "\ndestination.port : (80"))
    first, second = (sarif(written("sarif", path))["results"][0] for path in (source, moved))
    assert first["partialFingerprints"] == second["partialFingerprints"]
    assert [each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in (first, second)] == [26, 29]


def test_sarif_of_rules_that_are_ok(tmp_path: Path) -> None:
    run = sarif(written("sarif", rule(tmp_path, "fine", "destination.port : 26")))
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]
    assert sarif(written("sarif", "rules/broken"))["invocations"] == [{"executionSuccessful": True, "exitCode": 2}]


def test_sarif_errors_of_ours_are_no_results() -> None:
    failed = RuleResult("a.toml", Status.UNKNOWN, findings=(finding("internal-error", "an error", severity="error"),), file="a.toml")
    run = sarif(whole("sarif", failed, RuleResult("b.toml", Status.OK, file="b.toml")))
    assert run["results"] == []
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert (notification["level"], notification["message"]["text"]) == ("error", "an error")


def test_sarif_messages_hold_everything_and_no_links() -> None:
    text = "x [a](1) [b] (c) y"
    reported = Diagnostic(
        "dead-alternative", Severity.WARNING, "see [here](http://x) \x1b[", (Span(0, 1), Span(2, 8)), notes=("why",), help="do"
    )
    (result,) = sarif(whole("sarif", RuleResult("a", Status.OK, findings=(reported,), text=text, file="a")))["results"]
    assert result["message"]["text"] == "see \\[here](http://x) ␛[\nwhy\nhelp: do"
    assert [each["message"]["text"] for each in result["relatedLocations"]] == ["\\[a](1)"]


def test_sarif_levels() -> None:
    levels = {result["ruleId"]: result["level"] for result in sarif(written("sarif", "rules/broken"))["results"]}
    expected = {"unsatisfiable": "error", "syntax": "error", "rule-file": "error", "dead-alternative": "warning", "unsupported": "note"}
    assert expected.items() <= levels.items()


# -- JUnit ---------------------------------------------------------------------------------------


def junit(text: str) -> dict[str, tuple[str, str | None, str]]:
    """Of a report that is valid, each test case: its class, what is said of it, and the text."""
    JUNIT.validate(text)
    root = ElementTree.fromstring(text.encode())
    (suite,) = root
    found = {}
    for case in suite:
        said = [child for child in case if child.tag != "system-out"]
        assert len(said) <= 1
        found[case.attrib["name"]] = (case.attrib["classname"], said[0].tag if said else None, "".join(case.itertext()))
    counts = Counter(element for _, element, _ in found.values())
    for each, names in ((root, ("failure", "error")), (suite, ("failure", "error", "skipped"))):
        assert each.attrib["tests"] == str(len(found))
        assert [each.attrib[name if name == "skipped" else f"{name}s"] for name in names] == [str(counts[name]) for name in names]
    return found


def test_junit_of_the_broken_samples() -> None:
    statuses = {Path(entry["path"]).name: entry["status"] for entry in report("-n", "0", "rules/broken")["rules"]}
    elements = {"unsatisfiable": "failure", "invalid": "error", "unsupported": "error", "ok": None}
    found = junit(written("junit", "rules/broken"))
    assert {name: element for name, (_, element, _) in found.items()} == {name: elements[status] for name, status in statuses.items()}
    assert {folder for folder, _, _ in found.values()} == {"rules.broken"}
    assert " --> rules/broken/dead_alternative.toml:26:6\n" in found["dead_alternative.toml"][2]


@pytest.mark.parametrize(
    ("status", "code", "fail_on", "element"),
    [
        (Status.OK, "dead-alternative", ["dead"], "failure"),
        (Status.OK, "dead-alternative", ["unsatisfiable"], None),
        (Status.OK, "wrong-case", ["warning"], "failure"),
        (Status.UNSUPPORTED, "unsupported", ["unsatisfiable"], "skipped"),
        (Status.UNSUPPORTED, "unsupported", ["unsupported"], "error"),
        (Status.UNSATISFIABLE, "unsatisfiable", ["invalid"], "skipped"),
        (Status.UNSATISFIABLE, "unsatisfiable", ["unsatisfiable"], "failure"),
    ],
)
def test_junit_agrees_with_the_exit_code(status: Status, code: str, fail_on: list[str], element: str | None) -> None:
    severity = "warning" if status is Status.OK else "error"
    result = RuleResult("a.toml", status, findings=(finding(code, severity=severity),))
    assert junit_entry(result, fail_on)["element"] == element
    assert (exit_code(outcomes_of(result), fail_on) != 0) == (element in ("failure", "error"))


def test_junit_of_the_good_samples() -> None:
    found = junit(written("junit", "rules/linux", PORT_26))
    assert {element for _, element, _ in found.values()} <= {None, "skipped", "failure"}
    folder, element, text = found[PORT_26.name]
    assert (folder.split(".")[-2:], element) == (["rules", "network"], None)
    assert "note[value-outside]" in text


def test_junit_characters_that_xml_cannot_hold() -> None:
    nasty = "<&\"']]>\x00\x08\x1b\x85\ufffe\uffff\ud800💥"
    reported = finding("syntax", nasty, Span(0, 5), severity="error", notes=(nasty,))
    record = RuleResult(f"a/{nasty.replace('/', '')}", Status.INVALID, findings=(reported,), text=nasty)
    ((name, (_, element, text)),) = junit(whole("junit", record)).items()
    assert element == "error"
    assert name.startswith("<&\"']]>␀") and name.endswith("💥")
    assert f"error[syntax]: {name}" in text


def test_junit_unknown_and_known() -> None:
    unknown = RuleResult("a.toml", Status.UNKNOWN, findings=(finding("unknown", severity="error"),))
    found = junit(whole("junit", unknown, RuleResult("b.toml", Status.KNOWN, findings=(finding(),))))
    assert {name: (folder, element) for name, (folder, element, _) in found.items()} == {
        "a.toml": ("rules", "error"),
        "b.toml": ("rules", "skipped"),
    }


# -- GitHub --------------------------------------------------------------------------------------


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """The workflow commands in a step's output, read as GitHub documents them: a line each, properties and data escaped differently."""

    def unescaped(value: str, escapes: dict[str, str]) -> str:
        return re.sub("%[0-9A-F]{2}", lambda match: escapes[match.group()], value)

    data = {"%25": "%", "%0D": "\r", "%0A": "\n"}
    found = []
    for line in text.split("\n")[:-1]:
        command, separator, message = line.removeprefix("::").partition("::")
        assert line.startswith("::") and separator
        name, _, listed = command.partition(" ")
        properties = [pair.split("=", 1) for pair in listed.split(",")]
        values = {key: unescaped(value, {**data, "%3A": ":", "%2C": ","}) for key, value in properties}
        assert len(values) == len(properties)
        found.append((name, values, unescaped(message, data)))
    return found


def test_github_of_the_broken_samples() -> None:
    found = commands(written("github", "rules/broken"))
    expected = []
    for entry in report("-n", "0", "rules/broken")["rules"]:
        for each in entry["findings"]:
            if each["severity"] != "note":
                kind = "notice" if each["code"] == "unsupported" else each["severity"]
                lines = [each["message"], *each["notes"], *([f"help: {each['help']}"] if each["help"] else [])]
                expected.append((kind, entry["path"], each["span"], f"{each['code']}: {entry['name'] or entry['path']}", "\n".join(lines)))
    assert len(found) >= 20
    for (kind, properties, message), (wanted, path, span, title, text) in zip(found, expected, strict=True):
        assert (kind, properties["file"], properties["title"], message) == (wanted, path, title, text)
        assert ("line" in properties) == (span is not None)
        if span is not None:
            assert (int(properties["line"]), int(properties["endLine"])) == (span["line"], span["end_line"])
        if span is not None and span["line"] == span["end_line"]:
            assert (int(properties["col"]), int(properties["endColumn"])) == (span["column"], span["end_column"])


@given(st.text(), st.text(st.characters(exclude_characters="/\0"), min_size=1), st.text())
def test_github_escapes(name: str, file: str, message: str) -> None:
    record = RuleResult(file, Status.INVALID, name=name, findings=(finding("syntax", message, severity="error"),), file=file)
    (found,) = commands(whole("github", record))
    shown = re.sub(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", "", message)
    assert found[0] == "error" and found[1].keys() == {"file", "title"}
    assert re.sub(r"[␀-␡\ufffd]", "", found[2]) == re.sub(r"[␀-␡\ufffd]", "", shown)


def test_github_places_on_several_lines_have_no_columns() -> None:
    record = RuleResult("a", Status.OK, findings=(finding("dead-alternative", "m", Span(1, 4)),), text="ab\ncd", file="a")
    ((_, properties, _),) = commands(whole("github", record))
    assert properties == {"file": "a", "line": "1", "endLine": "2", "title": "dead-alternative: a"}


def test_github_notes_are_for_the_verbose() -> None:
    assert written("github", PORT_26) == ""
    found = commands(invoke("-f", "none", "-v", "--report", "-", "--report-format", "github", PORT_26).stdout)
    assert [kind for kind, _, _ in found] == ["notice"]


# -- Markdown ------------------------------------------------------------------------------------

RENDERER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def outline(text: str) -> list[tuple[str, str]]:
    """The blocks and the inline pieces that a renderer sees, with their texts."""
    found = []
    for token in RENDERER.parse(text):
        for each in token.children or [token]:
            if each.content or each.type == "html_block":
                found.append((each.type, each.content))
    return found


def test_markdown_of_the_broken_samples() -> None:
    text = written("markdown", "rules/broken")
    rows = re.findall(r"^\| (\w+) \| (\d+) \|$", text, re.MULTILINE)
    assert dict(rows) == {"ok": "1", "unsatisfiable": "4", "unsupported": "3", "invalid": "12"}
    found = outline(text)
    named = [content for kind, content in found if kind == "code_inline" and content.endswith(".toml")]
    assert sorted(named) == sorted(f"rules/broken/{path.name}" for path in (SAMPLES / "broken").glob("*.toml"))
    assert named[-1] == "rules/broken/dead_alternative.toml"
    blocks = [content for kind, content in found if kind == "fence"]
    assert len(blocks) == 20
    assert any("26 |   or (network.transport : udp and destination.port : 53)\n" in block for block in blocks)


def test_markdown_is_bounded() -> None:
    records = [RuleResult(f"{number}.toml", Status.OK, findings=(finding(message="x" * 1000),)) for number in range(100)]
    text = whole("markdown", *records)
    assert 50_000 < len(text) <= 61_000
    named = re.findall(r"^(?:### |- )` (\d+)\.toml `", text, re.MULTILINE)
    assert named == [str(number) for number in range(100)]


def test_markdown_keeps_the_most_severe() -> None:
    many = [RuleResult(f"{number}.toml", Status.OK, findings=(finding(message="x" * 1000),)) for number in range(3000)]
    worst = RuleResult("worst.toml", Status.UNSATISFIABLE, findings=(finding("unsatisfiable", "y" * 1000, severity="error"),))
    text = whole("markdown", *many, worst)
    assert len(text) <= 61_000
    assert text.index("worst.toml") < text.index("0.toml")
    assert re.search(r"\n\d+ more rules with findings are omitted: size limit reached\.\n$", text)


NASTY = st.text(st.sampled_from("`~<>&|[]()!*_#@:/-=+\\ \n\r\tab1")) | st.sampled_from(
    ["</code></pre><script>", "```\n# x", "~~~", "![x](http://y)", "@user #1", "| a |\n|---|", "<!--", "&lt;", "\u2028# x", " ", "`"]
)


@given(NASTY, NASTY, NASTY, NASTY)
def test_markdown_holds_no_markup_of_a_rule(name: str, path: str, message: str, source: str) -> None:
    reported = finding("dead-alternative", message, Span(0, len(source)), notes=(source,))
    text = whole("markdown", RuleResult(path or "p", Status.OK, name=name, findings=(reported,), text=source))
    kinds = [kind for kind, _ in outline(text)]
    expected = ["text"] * 5 + ["code_inline" if (path or "p").strip(" ") else "text"]
    expected += (["code_inline", "text"] if name.strip(" ") else ["text"]) + ["fence"]
    assert kinds == expected


# -- pretty --------------------------------------------------------------------------------------


@pytest.mark.parametrize("verbosity", [(), ("-v",)])
def test_pretty_is_what_the_terminal_shows(verbosity: tuple[str, ...]) -> None:
    found = invoke("-f", "none", *verbosity, "--report", "-", "--report-format", "pretty", "rules/broken", "rules/linux")
    shown = re.sub(r" in \d+\.\d\d s\n$", "\n", found.stderr)
    if verbosity:
        # Times, and the list of the slowest, are for the terminal alone.
        shown = re.sub(r"^(ok|invalid|uns\w+) +rules/.*  \d+\.\d{3} s\n", "", shown, flags=re.MULTILINE)
        shown = re.sub(r"^slowest\n( +\d+\.\d{3} s .*\n)+", "", shown, flags=re.MULTILINE)
        # The same numbers stand in a table there, and in a line here.
        shown, _, table = shown.partition("status ")
        before, _, line = found.stdout.rstrip("\n").rpartition("\n")
        assert (before + "\n").rstrip() == shown.rstrip()
        assert {*re.findall(r"\d+ (?=ok|uns|inv)", line)} == {
            f"{count} " for count in re.findall(r"^\w+ +(\d+) ", table, flags=re.MULTILINE)
        } - {"28 "}
        return
    assert found.stdout == shown
    assert "warning[dead-alternative]" in shown


def test_pretty_has_no_colours() -> None:
    found = command("-f", "none", "--report", "-", "--report-format", "pretty", DEAD, FORCE_COLOR="1", TERM="xterm-256color")
    assert b"\x1b[" in found.stderr and b"\x1b[" not in found.stdout


# -- all -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", REPORT_FORMATS)
def test_entries_are_json_values(form: str) -> None:
    reported = finding("dead-alternative", "\ud800", Span(0, 1), Span(2, 4))
    for record in (
        RuleResult("odd\udcff", Status.OK, findings=(reported,), text="a bc", file="odd\udcff"),
        RuleResult("x", Status.KNOWN, name="n", fields=()),
    ):
        entry = entry_of(form, record)
        assert json.loads(json.dumps(entry)) == entry
        REPORT_FORMATS[form].whole(RUN, [entry]).decode()


@pytest.mark.parametrize("form", REPORT_FORMATS)
def test_a_report_of_nothing(form: str) -> None:
    text = whole(form)
    if form == "sarif":
        assert sarif(text)["results"] == []
    if form == "junit":
        assert junit(text) == {}
    assert (text == "") == (form == "github")


@pytest.mark.parametrize("form", REPORT_FORMATS)
def test_a_report_goes_to_a_file(form: str, tmp_path: Path) -> None:
    path = tmp_path / "report"
    assert invoke("-q", "-f", "none", "--report", path, "--report-format", form, "rules/broken").exit_code == 2
    times = re.compile(r'time="[\d.]+"|"(parse|compile|solve|sample)": [\d.e-]+')
    printed = invoke("-q", "-f", "none", "--report", "-", "--report-format", form, "rules/broken").stdout
    assert times.sub("", path.read_text(encoding="utf-8")) == times.sub("", printed)


def test_the_format_of_no_report() -> None:
    found = invoke("--report-format", "sarif", PORT_26)
    assert (found.exit_code, "--report-format requires --report" in found.stderr) == (2, True)
    assert invoke("--report", "-", "--report-format", "html", PORT_26).exit_code == 2


def test_the_same_report_whichever_way_rules_are_compiled(tmp_path: Path) -> None:
    lines = [json.dumps({"type": "query", "query": f"a : {n} or (process.pid < 1 and process.pid > 2)"}) for n in range(3)]
    (tmp_path / "three.ndjson").write_text("\n".join(lines) + "\n")
    paths = ("rules/broken", "rules/network", tmp_path / "three.ndjson")
    expected = written("sarif", *paths)
    cached = ("--cache", tmp_path / "cache")
    ways = [written("sarif", *way, *paths) for way in (("--jobs", "2"), cached, cached)]
    assert ways == [expected] * 3
    assert '"startLine": 3' in expected


def test_lines_that_moved_in_a_file_of_several_rules_are_not_taken_from_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("type: query\nquery: |\n  a : 1 or\n  (process.pid < 1 and process.pid > 2)\n")
    for moved in (0, 2):
        path.write_text("\n" * moved + path.read_text())
        (result,) = [
            each for each in sarif(written("sarif", "--cache", tmp_path / "cache", path))["results"] if each["ruleId"] == "dead-alternative"
        ]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 4 + moved
