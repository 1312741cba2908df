"""Realistic files and registry entries."""

from __future__ import annotations

from collections.abc import Iterator

from .assignment import Assignment, FieldValues
from .fill_patterns import Form
from .known_programs import FILE_DIRECTORIES
from .processes import directory_of, in_directory, last_part
from .vocabulary import EXTENSIONS, NOUNS, PRODUCTS, SERVICES, STEMS, VENDORS, WINDOWS

FILE_ROLES = ("file", "dll", "file.Ext.original")


def settle_file(assignment: Assignment, event: int, role: str) -> None:
    """Path, directory, name and extension of a file."""
    path, name, extension, directory = (f"{role}.{part}" for part in ("path", "name", "extension", "directory"))
    if not any(assignment.concerns(event, field) for field in (path, name, extension)):
        return
    if assignment.is_settled(event, name) and "." in assignment.text(event, name):
        assignment.take_over(event, {extension: assignment.text(event, name).rpartition(".")[2]})
    _agree(assignment, event, path, name, Form.PATH)
    assignment.settle(event, _files(assignment, event, role, path, name, extension, directory), f"{path} ends with {name}")


def _agree(assignment: Assignment, event: int, path: str, end: str, form: Form) -> None:
    """A path and its last part that were each drawn from a list of their own: the last part follows the path where its list has it."""
    if not assignment.asked(event, path) or not assignment.asked(event, end) or assignment.is_settled(event, end):
        return
    texts = assignment.options(event, path, (), form, assignment.text(event, end))
    text = next((text for text in texts if assignment.fits(event, path, text)), "")
    if text and not assignment.fits(event, end, last_part(text)) and assignment.may_take_over(event, end, last_part(text)):
        assignment.take_over(event, {path: text, end: last_part(text)})


def _files(assignment: Assignment, event: int, role: str, path: str, name: str, extension: str, directory: str) -> Iterator[FieldValues]:
    environment, rng = assignment.environment, assignment.rng
    usual = list(assignment.options(event, extension, rng.sample(EXTENSIONS[environment.os], 3)))
    if role == "dll":
        usual = ["dll" if environment.os == WINDOWS else "so"]
    stems = [rng.choice(STEMS if role == "dll" else NOUNS) for _ in range(3)]
    key = path if path in assignment.drawer.identifying else name
    fresh = [assignment.rare(key, f"{stem}.{ending}" if ending else stem) for ending in usual[:3] for stem in stems]
    if role == "dll" and assignment.asked(event, "file.name"):
        # Agents that call a library a file: both names are of the same one.
        fresh.insert(0, assignment.text(event, "file.name"))
    names = list(assignment.options(event, name, fresh, Form.NAME))

    if assignment.asked(event, extension) and assignment.asked(event, name):
        names = [f"{candidate.rpartition('.')[0] or candidate}.{usual[0]}" for candidate in names] + names
    names = list(dict.fromkeys(candidate for candidate in names if assignment.fits(event, name, candidate)))[:8]

    def whole(text: str) -> FieldValues:
        end = last_part(text)
        suffix = end.rpartition(".")[2] if "." in end[1:] else None
        parts = {path: text, name: end, directory: directory_of(text)}
        return {**parts, extension: suffix} if suffix else parts

    places = [folder.replace("{user}", environment.user) for folder in FILE_DIRECTORIES[environment.os]]
    rng.shuffle(places)
    if assignment.asked(event, directory):
        places = list(assignment.options(event, directory, places, Form.PATH))
    if not assignment.asked(event, path):
        for candidate in names:
            for place in places:
                yield whole(in_directory(place, candidate, environment))
        return
    if not assignment.asked(event, name) and not assignment.text(event, extension):
        for text in assignment.options(event, path, (), Form.PATH):
            yield whole(text)
    for candidate in names:
        fresh_paths = [in_directory(place, candidate, environment) for place in places[:3]]
        for text in assignment.options(event, path, fresh_paths, Form.PATH, candidate):
            if last_part(text) == candidate:
                yield whole(text)
    for text in assignment.options(event, path, (), Form.PATH):
        yield whole(text)


_HIVES = {
    "HKLM": "HKLM", "HKEY_LOCAL_MACHINE": "HKLM", "HKU": "HKEY_USERS", "HKEY_USERS": "HKEY_USERS", "HKCU": "HKCU",
    "HKEY_CURRENT_USER": "HKCU", "HKCR": "HKCR", "HKEY_CLASSES_ROOT": "HKCR",
}  # fmt: skip


def settle_registry(assignment: Assignment, event: int) -> None:
    """Hive, key, value and path of a registry entry."""
    if not any(assignment.concerns(event, f"registry.{part}") for part in ("path", "key", "value", "hive", "data.strings")):
        return
    _agree(assignment, event, "registry.path", "registry.value", Form.REGISTRY)
    assignment.settle(event, _entries(assignment, event), "registry.path is hive, key and value")
    assignment.offer(event, "registry.data.type", ("REG_SZ", "REG_DWORD"))


def _entries(assignment: Assignment, event: int) -> Iterator[FieldValues]:
    rng = assignment.rng

    def whole(text: str) -> FieldValues:
        rest = text.removeprefix("\\REGISTRY\\")
        hive, _, below = rest.partition("\\")
        hive = {"MACHINE": "HKLM", "USER": "HKEY_USERS"}.get(hive.upper(), hive)
        key, _, value = below.rpartition("\\")
        parts = {"registry.path": text, "registry.key": key, "registry.value": value}
        return {**parts, "registry.hive": _HIVES[hive.upper()]} if hive.upper() in _HIVES else parts

    vendor, service = rng.choice(VENDORS), rng.choice(SERVICES)
    values = list(assignment.options(event, "registry.value", ("Start", "ImagePath", service, rng.choice(PRODUCTS), "Enabled"), Form.NAME))
    keys = [
        rf"SOFTWARE\{vendor}\{rng.choice(PRODUCTS)}",
        rf"SYSTEM\CurrentControlSet\Services\{service}",
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Run",
    ]
    if assignment.asked(event, "registry.key"):
        keys = list(assignment.options(event, "registry.key", (), Form.REGISTRY))
    if not assignment.asked(event, "registry.path"):
        for key in keys:
            for value in values:
                yield whole(rf"HKLM\{key}\{value}")
        return
    if not assignment.asked(event, "registry.value"):
        for text in assignment.options(event, "registry.path", (), Form.REGISTRY):
            yield whole(text)
    for value in values:
        for text in assignment.options(event, "registry.path", (), Form.REGISTRY, value):
            yield whole(text)
            yield whole(f"{text}\\{value}")
