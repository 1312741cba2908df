"""What git knows of files: which a branch has changed, and what they held before."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...compiler.file_input import reason
from ...grammar.errors import TriggerfishError

_ABBREVIATED = 10


class RevisionError(TriggerfishError):
    """The changed files cannot be determined; the message says why."""


class ChangedFiles:
    """The files that changed since a revision, in whatever repositories they lie.

    A branch is compared with its merge base, so that others' changes since
    then are not among it. What is not committed counts, files that git does not track yet as well, ignored ones not.

    Args:
        revision: as git names them: ``origin/main``, ``HEAD~3``, a hash.
    """

    def __init__(self, revision: str) -> None:
        self.revision = revision
        self._found: dict[str, frozenset[str]] = {}
        self._roots: dict[Path, str] = {}

    def __call__(self, path: Path) -> bool:
        """Whether a file changed.

        Raises:
            RevisionError: it lies in no repository, the repository does not know the revision, or git cannot be asked.
        """
        place = Path(os.path.realpath(path))
        root = self._roots.get(place.parent)
        if root is None:
            root = self._roots[place.parent] = _git(place.parent, "rev-parse", "--show-toplevel")[0]
        if root not in self._found:
            self._found[root] = frozenset(os.path.realpath(Path(root, name)) for name in self._names(Path(root)))
        return str(place) in self._found[root]

    def _names(self, root: Path) -> list[str]:
        base = merge_base(root, self.revision)
        changed = _git(root, "diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", base, "--", split="\0")
        return changed + _git(root, "ls-files", "--others", "--exclude-standard", "-z", split="\0")


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that a branch has changed.

    Attributes:
        path: the file, below the current folder where it lies there.
        old, new: its content at the merge base and now; None where there is none.
        revision: the merge base, abbreviated.
    """

    path: Path
    old: bytes | None
    new: bytes | None
    revision: str


def changes_since(revision: str, paths: Sequence[Path]) -> list[ChangedFile]:
    """The files under some paths that a branch has changed, made or deleted, compared with its merge base, sorted by path.

    Args:
        revision: as git names them.
        paths: files and folders, which need not be there any more.

    Raises:
        RevisionError: a path lies in no repository, the repository does not know the revision, or git cannot be asked.
    """
    found: dict[Path, ChangedFile] = {}
    for path in paths:
        place = Path(os.path.realpath(path))
        folder = next(each for each in (place, *place.parents) if each.is_dir())
        root = Path(_git(folder, "rev-parse", "--show-toplevel")[0])
        base = merge_base(root, revision)
        inside = place.relative_to(root).as_posix()
        changed = _git(root, "diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", base, "--", inside, split="\0")
        others = _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", inside, split="\0")
        for name in (*changed, *others):
            file = root / name
            new = file.read_bytes() if file.is_file() else None
            shown = Path(os.path.relpath(file)) if file.is_relative_to(Path.cwd()) else file
            found[file] = ChangedFile(shown, content_at(root, base, name), new, base[:_ABBREVIATED])
    return [found[file] for file in sorted(found)]


def merge_base(folder: Path, revision: str) -> str:
    """The commit from which a branch went its own way.

    Raises:
        RevisionError: the repository does not know the revision, or shares no history with it.
    """
    # Checked first: an argument that is not a revision could be an option or a file.
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", unknown=revision)[0]
    return _git(folder, "merge-base", commit, "HEAD", unknown=revision)[0]


def files_at(revision: str, name: str) -> list[tuple[str, bytes]]:
    """A file, or the files of a folder, as a revision has them: names relative to the current folder's repository, and contents.

    Args:
        revision: as git names them.
        name: relative to the current folder.

    Raises:
        RevisionError: there is no repository here, it does not know the revision, or the revision has nothing of that name.
    """
    root = Path(_git(Path.cwd(), "rev-parse", "--show-toplevel")[0])
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", unknown=revision)[0]
    inside = Path(os.path.relpath(Path.cwd() / name, root)).as_posix()
    names = _git(root, "ls-tree", "-r", "--name-only", "-z", commit, "--", inside, split="\0")
    if not names:
        raise RevisionError(f"the revision `{revision}` has no file or folder `{inside}`")
    contents = ((each, content_at(root, commit, each)) for each in names)
    return [(each, content) for each, content in contents if content is not None]


def content_at(root: Path, revision: str, name: str) -> bytes | None:
    """The content of a file at a revision; None if it is not there.

    Args:
        root: the repository.
        revision: a commit.
        name: the file, relative to the root.

    Raises:
        RevisionError: git cannot be run.
    """
    try:
        run = subprocess.run(["git", "-C", root, "cat-file", "blob", f"{revision}:{name}"], capture_output=True, check=False)
    except OSError as error:
        raise RevisionError(f"cannot run git: {reason(error)}") from None
    return run.stdout if run.returncode == 0 else None


def _git(folder: Path, *args: str, split: str = "\n", unknown: str | None = None) -> list[str]:
    try:
        run = subprocess.run(["git", "-C", folder, *args], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        raise RevisionError(f"cannot run git: {reason(error)}") from None
    if run.returncode == 0:
        return [name for name in os.fsdecode(run.stdout).split(split) if name]
    if unknown is not None and not run.stderr:
        remedy = "fetch it, with the history back to the merge base"
        raise RevisionError(f"the repository at `{folder}` does not have the revision `{unknown}`, or shares no history with it: {remedy}")
    if b"not a git repository" in run.stderr:
        raise RevisionError(f"a revision needs a git repository: `{folder}` is not in one")
    said = os.fsdecode(run.stderr).strip().partition("\n")[0]
    raise RevisionError(f"git cannot list the changes in `{folder}`: {said}")
