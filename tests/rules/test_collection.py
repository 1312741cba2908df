"""Finding rule files, and loading many of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from triggerfish.rules import RuleCollection, RuleError, find_rule_files


def write(path: Path, rule_id: str = "", query: str = "a:b") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[rule]\ntype = 'query'\nrule_id = '{rule_id}'\nquery = '{query}'\n")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b/two.toml", "a/one.toml", "c.toml", "a/deep/three.toml"):
        write(tmp_path / name, rule_id=name)
    (tmp_path / "a" / "notes.txt").write_text("no rule")
    return tmp_path


def names(files: tuple[Path, ...], folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in files]


def test_files_are_sorted_and_named_as_asked_for(folder: Path) -> None:
    found = find_rule_files([folder])
    assert names(found.files, folder) == ["a/deep/three.toml", "a/one.toml", "b/two.toml", "c.toml"]
    assert found.errors == ()


def test_order_of_the_paths_is_kept_and_each_file_comes_once(folder: Path) -> None:
    found = find_rule_files([folder / "c.toml", folder / "a", folder / "a/notes.txt", str(folder)])
    assert names(found.files, folder) == ["c.toml", "a/deep/three.toml", "a/one.toml", "a/notes.txt", "b/two.toml"]


def test_missing_path_is_recorded(folder: Path) -> None:
    found = find_rule_files([folder / "none", folder / "c.toml", "x\0y"])
    assert names(found.files, folder) == ["c.toml"]
    assert [error.message for error in found.errors] == [
        "no such file or folder",
        "cannot read the path: embedded null byte",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes")
def test_links(folder: Path) -> None:
    (folder / "a" / "loop").symlink_to(folder)
    (folder / "self.toml").symlink_to(folder / "self.toml")
    (folder / "gone.toml").symlink_to(folder / "nowhere")
    (folder / "z.toml").symlink_to(folder / "c.toml")
    (folder / "folder.toml").mkdir()
    os.mkfifo(folder / "pipe.toml")
    collection = RuleCollection()
    loaded = collection.load_directory(folder)
    assert names(tuple(rule.path for rule in loaded if rule.path), folder) == [
        "a/deep/three.toml",
        "a/one.toml",
        "b/two.toml",
        "c.toml",
    ]
    assert [error.path and error.path.name for error in collection.errors] == ["gone.toml", "self.toml"]


def test_collection_iterates_in_load_order(folder: Path) -> None:
    collection = RuleCollection()
    first = collection.load_file(folder / "c.toml")
    collection.load_directory(folder / "a", pattern="*.toml")
    assert len(collection) == 2
    assert [rule.rule_id for rule in collection] == ["c.toml", "a/one.toml"]
    assert next(iter(collection)) is first


def test_bad_file_does_not_stop_a_folder(folder: Path) -> None:
    (folder / "a" / "broken.toml").write_text("[rule]\nquery = '''\n")
    collection = RuleCollection()
    assert len(collection.load_directory(folder)) == len(collection) == 4
    assert [str(error) for error in collection.errors] == [f"{folder / 'a' / 'broken.toml'}:2:9: the string that opens here is not closed"]
    with pytest.raises(RuleError):
        collection.load_file(folder / "a" / "broken.toml")
    assert len(collection) == 4
    assert len(collection.errors) == 1


def test_missing_folder_is_recorded(tmp_path: Path) -> None:
    collection = RuleCollection()
    assert collection.load_directory(tmp_path / "none") == ()
    assert str(collection.errors[0]) == f"{tmp_path / 'none'}: no such file or folder"


def test_duplicate_ids_are_kept_and_recorded(tmp_path: Path) -> None:
    first, second, third = (write(tmp_path / name, "same") for name in ("a.toml", "b.toml", "c.toml"))
    write(tmp_path / "d.toml")
    write(tmp_path / "e.toml")
    collection = RuleCollection()
    collection.load_directory(tmp_path)
    assert len(collection) == 5
    assert [(pair.first.path, pair.second.path) for pair in collection.duplicates] == [(first, second), (first, third)]
    assert str(collection.duplicates[0]) == f"{second}: rule_id `same` is already used by {first}"
