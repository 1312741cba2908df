"""Which files a branch has changed: ``--changed-since``."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ...compiler.file_input import reason
from ...grammar.errors import TriggerfishError


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
        # Checked first: an argument that is not a revision could be an option or a file.
        commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{self.revision}^{{commit}}", unknown=self.revision)[0]
        base = _git(root, "merge-base", commit, "HEAD", unknown=self.revision)[0]
        changed = _git(root, "diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", base, "--", split="\0")
        return changed + _git(root, "ls-files", "--others", "--exclude-standard", "-z", split="\0")


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
        raise RevisionError(f"--changed-since needs a git repository: `{folder}` is not in one")
    said = os.fsdecode(run.stderr).strip().partition("\n")[0]
    raise RevisionError(f"git cannot list the changes in `{folder}`: {said}")
