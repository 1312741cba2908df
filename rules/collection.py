"""Rule collections: find rule files and load them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..compiler.file_input import reason
from .errors import RuleError
from .rule import Rule, load_rule
from .rule_files import PATTERNS, Member, holds_one, is_without_rules, read_members
from .rule_tests import ENDING


@dataclass(frozen=True, slots=True)
class RuleFiles:
    """What `find_rule_files` found: each file once, in order, and an error for each path that does not exist."""

    files: tuple[Path, ...]
    errors: tuple[RuleError, ...]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two rules of a collection with the same id; both are kept."""

    rule_id: str
    first: Rule
    second: Rule

    def __str__(self) -> str:
        return f"{self.second.path}: rule_id `{self.rule_id}` is already used by {self.first.path}"


def find_rule_files(paths: Iterable[str | Path], *patterns: str) -> RuleFiles:
    """Rule files under files and folders.

    Args:
        paths: a file is taken whatever its name; a folder, for the files in it that match a pattern, sorted by their
            path and without files of tests. Folders that are symbolic links are not entered.
        patterns: globs relative to a folder; by default those of TOML files.

    Returns:
        The files in the order of ``paths``, those reached in two ways only once.
    """
    found: dict[str, Path] = {}
    errors: list[RuleError] = []
    for path in map(Path, paths):
        try:
            if path.is_dir():
                globbed = (file for pattern in patterns or ("**/*.toml",) for file in path.glob(pattern))
                rules = (file for file in globbed if not file.name.endswith(ENDING))
                files = sorted(filter(_is_file, rules), key=lambda file: file.parts)
            else:
                path.stat()
                files = [path]
        except FileNotFoundError:
            errors.append(RuleError("no such file or folder", path))
            continue
        except (OSError, ValueError) as error:
            errors.append(RuleError(f"cannot read the path: {reason(error)}", path))
            continue
        for file in files:
            # Not Path.resolve: a link to itself makes that raise.
            found.setdefault(os.path.realpath(file), file)
    return RuleFiles(tuple(found.values()), tuple(errors))


def _is_file(path: Path) -> bool:
    """True also of what cannot be looked at, so that it is reported; not of a pipe, which would block."""
    try:
        return path.is_file() or not path.exists()
    except OSError:
        return True


class RuleCollection:
    """Rules in the order in which they were loaded.

    Attributes:
        errors: one for each file that `load_directory` could not load.
        duplicates: one for each rule whose id an earlier one has.
    """

    def __init__(self) -> None:
        self.errors: list[RuleError] = []
        self.duplicates: list[Duplicate] = []
        self._rules: list[Rule] = []
        self._first_by_id: dict[str, Rule] = {}

    def __repr__(self) -> str:
        return f"<RuleCollection rules={len(self)} errors={len(self.errors)}>"

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def load_file(self, path: str | Path) -> Rule:
        """Loads a file with one rule and keeps that.

        Raises:
            RuleError: it cannot be loaded, or holds several rules; the collection is unchanged.
        """
        path = Path(path)
        if holds_one(path):
            rule = load_rule(path)
        else:
            members = read_members(path)
            if len(members) > 1:
                raise RuleError(f"the file holds {len(members)} rules", path, hint="use `load_rules`")
            if isinstance(members[0].rule, RuleError):
                raise members[0].rule
            rule = members[0].rule
        self.add(rule)
        return rule

    def load_rules(self, path: str | Path) -> tuple[Rule, ...]:
        """Loads all rules of a file, in any of the forms that rules come in; see :mod:`.forms`.

        Returns:
            Those that could be loaded. What is wrong with the others is in ``errors``.
        """
        return self._keep(read_members(Path(path)))

    def _keep(self, members: Iterable[Member]) -> tuple[Rule, ...]:
        loaded: list[Rule] = []
        for member in members:
            if isinstance(member.rule, RuleError):
                self.errors.append(member.rule)
            else:
                self.add(member.rule)
                loaded.append(member.rule)
        return tuple(loaded)

    def load_directory(self, path: str | Path, pattern: str | None = None) -> tuple[Rule, ...]:
        """Loads all rules of a folder's files, in the order of their paths.

        Args:
            path: the folder; its subfolders are searched too.
            pattern: a glob of the files, such as ``**/*.toml``; by default, all forms that rules come in are read, and other JSON and
                YAML is passed over.

        Returns:
            The rules loaded by this call. What could not be loaded, a folder that does not exist too, is in ``errors``.
        """
        found = find_rule_files([path], *([pattern] if pattern else PATTERNS))
        self.errors.extend(found.errors)
        loaded: list[Rule] = []
        for file in found.files:
            members = read_members(file)
            loaded += self._keep(member for member in members if pattern or not is_without_rules(member))
        return tuple(loaded)

    def add(self, rule: Rule) -> None:
        """Keeps a rule that was made elsewhere."""
        self._rules.append(rule)
        if not rule.rule_id:
            return
        first = self._first_by_id.setdefault(rule.rule_id, rule)
        if first is not rule:
            self.duplicates.append(Duplicate(rule.rule_id, first, rule))
