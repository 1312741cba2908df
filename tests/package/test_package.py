"""The distribution: what is in it, and whether it works where nothing but its declared dependencies is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from importlib import metadata
from pathlib import Path

import eql  # type: ignore[import-untyped]
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from triggerfish.grammar.eql.parser import parse
from triggerfish.grammar.syntax_error import QuerySyntaxError

ROOT = Path(__file__).resolve().parents[2]
PACKAGE_DIRS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-dir"]
PACKAGED = {".py", ".lark", ".json", ".toml", ".yml", ".typed"}
SAMPLE = "rules/network/command_and_control_port_26_activity.toml"

# One worker of pytest-xdist builds and installs once, instead of each doing so.
pytestmark = pytest.mark.xdist_group("package")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command outside the source tree, with nothing of this environment's Python settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(
        command, cwd=cwd, env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", timeout=300
    )


def succeed(*command: str | Path, cwd: Path) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def source_files() -> set[str]:
    """The files of the tree that belong in the package, by their place in it."""
    return {
        "/".join((*name.split("."), *path.relative_to(ROOT / folder).parts))
        for name, folder in PACKAGE_DIRS.items()
        for path in (ROOT / folder).rglob("*")
        if path.suffix in PACKAGED and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that was built from it (so that the sdist is known to suffice).

    They are built from a copy, which leaves no ``build`` in the tree and takes no stale file list from it.
    """
    folder = tmp_path_factory.mktemp("package")
    copy = folder / "source"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build", "dist")
    )
    succeed(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", copy, cwd=folder)
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> Path:
    (wheel,) = distributions.glob("*.whl")
    return wheel


def needed(site: Path) -> Iterator[metadata.Distribution]:
    """The distributions that the one installed at `site` declares, and those that they declare."""
    (own,) = metadata.distributions(name="triggerfish", path=[str(site)])
    seen: set[str] = set()
    todo = [own]
    while todo:
        for requirement in map(Requirement, todo.pop().requires or ()):
            name = canonicalize_name(requirement.name)
            if name not in seen and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                seen.add(name)
                found = metadata.distribution(name)
                assert found.version in requirement.specifier, f"{name} {found.version} is installed here; {requirement} is declared"
                todo.append(found)
                yield found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment in which pip has installed the wheel; the folder of its commands.

    The dependencies are not downloaded again (z3 alone is some 30 MB): those of this environment are linked into a folder that a
    ``.pth`` file adds. Only what the wheel declares, and what that declares in turn, is linked, so a dependency that nobody declared
    is missing there as it would be for a user; and as the editable install of this environment is none of them, ``triggerfish`` can
    only be the wheel's.
    """
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    scripts = folder / "venv" / "bin"
    succeed(scripts / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    site = Path(succeed(scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    linked = folder / "dependencies"
    linked.mkdir()
    for distribution in needed(site):
        for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            if not (linked / top).exists():
                (linked / top).symlink_to(Path(str(distribution.locate_file(top))))
    (site / "dependencies.pth").write_text(f"{linked}\n", encoding="utf-8")
    return scripts


def test_wheel_holds_the_tree_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    own = {name for name in names if not name.split("/")[0].endswith(".dist-info")}
    assert own == source_files(), "a new sub-package belongs in [tool.setuptools] packages, a new kind of file in package-data"
    assert {name.split("/")[0] for name in own} == {"triggerfish"}
    assert {
        "triggerfish/py.typed",
        "triggerfish/grammar/kuery/grammar.lark",
        "triggerfish/grammar/eql/grammar.lark",
        "triggerfish/compiler/schema/ecs_table.json",
        f"triggerfish/{SAMPLE}",
    } <= own
    (info,) = {name.split("/")[0] for name in names - own}
    assert f"{info}/licenses/LICENSE" in names


def test_wheel_installs_its_commands(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")]
        points = ConfigParser()
        points.read_string(archive.read(name).decode())
    assert {section: dict(points[section]) for section in points.sections()} == {
        "console_scripts": {"compile-rule": "triggerfish.api.cli.entry:compile_rule", "triggerfish": "triggerfish.api.cli.entry:main"},
        "pytest11": {"triggerfish": "triggerfish.api.pytest_plugin"},
    }


def test_sdist_can_be_built_and_tested(distributions: Path) -> None:
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    wanted = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted | {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".ci/run"} <= names


def test_installed_package_is_the_wheels(installed: Path, tmp_path: Path) -> None:
    place = succeed(installed / "python", "-c", "import triggerfish; print(triggerfish.__file__)", cwd=tmp_path).strip()
    assert Path(place).is_relative_to(installed.parent)


def test_installed_command_compiles_a_sample_rule(installed: Path, tmp_path: Path) -> None:
    folder = succeed(installed / "python", "-c", "import triggerfish.rules; print(triggerfish.rules.__path__[0])", cwd=tmp_path).strip()
    sample = Path(folder).parent / SAMPLE
    done = run(installed / "compile-rule", sample, "--count", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    document = json.loads(line)
    assert document["destination"]["port"] == 26
    assert "@timestamp" in document


def test_installed_module_runs(installed: Path, tmp_path: Path) -> None:
    assert "generate" in succeed(installed / "python", "-m", "triggerfish", "--help", cwd=tmp_path)


def test_one_distribution_owns_lark() -> None:
    """``lark-parser``, which ``eql`` needed before 1.0, writes into the folder of ``lark``: which files win depends on the installer."""
    owners = set(metadata.packages_distributions()["lark"])
    assert owners == {"lark"}, (
        "mend it with: pip uninstall -y lark-parser && pip install --force-reinstall --no-deps lark && pip install --upgrade 'eql>=1.0'"
    )


def test_both_parsers_of_eql_work_side_by_side() -> None:
    """Ours and the ``eql`` package's run on the same lark: each reads the query, and each reports a wrong one and does not crash on it."""
    query = 'sequence by host.id with maxspan=1m [process where process.name : "a*"] [file where true] | tail'
    wrong = 'process where process.name : "a*" and'
    assert parse(query) is not None
    with pytest.raises(QuerySyntaxError):
        parse(wrong)
    with eql.parser.elasticsearch_syntax:
        assert eql.parse_query(query) is not None
    with pytest.raises(eql.EqlSyntaxError):
        eql.parse_query('process where process.name : "a*"')
    with pytest.raises(eql.EqlSyntaxError):
        eql.parse_query(wrong)
