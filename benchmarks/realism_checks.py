"""Contradictions between the fields of one event on a machine: systems, processes, files, registry, users, addresses.

Nothing here is shared with the generator: each check states what an analyst knows, in tables of its own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Flat = Mapping[str, list[Any]]
"""An event: the values of each field, by dotted name."""
Repair = Mapping[str, Any]
"""Other values for some fields; None removes a field."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is wrong with an event.

    Attributes:
        kind: the class that it counts in.
        detail: the fields and values, for people.
        repairs: changes that would each remove it; the rule forces it if the rule rejects the event after any of them.
    """

    kind: str
    detail: str
    repairs: tuple[Repair, ...]


Check = Callable[[Flat], Iterable[Contradiction]]


def first(event: Flat, name: str) -> Any:
    """The first value of a field, or None."""
    values = event.get(name)
    return values[0] if values else None


def text(event: Flat, name: str) -> str:
    value = first(event, name)
    return value if isinstance(value, str) else ""


def base(path: str) -> str:
    """The last part of a path of either kind of system."""
    return re.split(r"[\\/]", path)[-1]


# -- system and paths ----------------------------------------------------------------------------

_PATHS = re.compile(r"(^|\.)(executable|path|working_directory|directory)$")
_NOT_PATHS = (
    "registry.",
    "url.",
    "http.",
    "cloud.",
    "kubernetes.",
    "o365.",
    "gcp.",
    "azure.",
    "aws.",
    "github.",
    "okta.",
    "google_workspace.",
)
_UNIX = re.compile(r"^/|^\./|^~")
_WINDOWS = re.compile(r"^([A-Za-z]:|\\)")
_HOMES = {"windows": "C:\\Users\\maria\\", "linux": "/home/maria/", "macos": "/Users/maria/"}
_FOREIGN = {
    "windows": _UNIX,
    "linux": re.compile(r"^([A-Za-z]:|\\)|^/(Users|Applications|System|Library|Volumes|private)(/|$)"),
    "macos": re.compile(r"^([A-Za-z]:|\\)|^/(home|proc|boot|sys|run|snap|lib64)(/|$)"),
}


def system_and_paths(event: Flat) -> Iterator[Contradiction]:
    system = text(event, "host.os.type")
    foreign = _FOREIGN.get(system)
    if foreign is None:
        return
    for name, values in event.items():
        if not _PATHS.search(name) or name.startswith(_NOT_PATHS):
            continue
        for value in values:
            if not isinstance(value, str) or not foreign.search(value):
                continue
            fitting = tuple({"host.os.type": other} for other, strange in _FOREIGN.items() if not strange.search(value))
            moved = _HOMES[system] + base(value)
            yield Contradiction("system and paths", f"{system}: {name} = {value}", (*fitting, {name: moved}))
    for prefix in ("process", "process.parent"):
        name = text(event, f"{prefix}.name")
        if system != "windows" and name.lower().endswith(".exe"):
            yield Contradiction(
                "system and paths", f"{system}: {prefix}.name = {name}", ({"host.os.type": "windows"}, {f"{prefix}.name": name[:-4]})
            )
    if system != "windows" and any(name.startswith("registry.") for name in event):
        yield Contradiction("system and paths", f"{system}: registry fields", ({"host.os.type": "windows"},))


# -- server builds -------------------------------------------------------------------------------

_SERVER_BUILDS = ("14393", "17763", "20348", "25398", "26100")
_CLIENT_BUILDS = ("18363", "19041", "19042", "19043", "19044", "19045", "22000", "22621", "22631", "26100")
_SERVER_NAMES = re.compile(r"^(dc|srv|sql|exch|file|web|app)(?![a-z])", re.IGNORECASE)


def server_builds(event: Flat) -> Iterator[Contradiction]:
    if text(event, "host.os.type") != "windows":
        return
    name, version, product = text(event, "host.name"), text(event, "host.os.version"), text(event, "host.os.name")
    if not version:
        return
    build = version.split(".")[2] if version.count(".") >= 2 else version
    server = bool(_SERVER_NAMES.match(name)) or "Server" in product
    if name and build not in (_SERVER_BUILDS if server else _CLIENT_BUILDS):
        other = "10.0.20348.2340" if server else "10.0.19045.4170"
        yield Contradiction("server builds", f"{name}, {product}, {version}", ({"host.os.version": other}, {"host.name": None}))


# -- processes -----------------------------------------------------------------------------------


def name_at_end_of_executable(event: Flat) -> Iterator[Contradiction]:
    for field, values in event.items():
        path = values[0] if values else None
        if not isinstance(path, str) or not path:
            continue
        role, _, part = field.rpartition(".")
        if part not in ("executable", "path") or not (part == "executable" or role in ("dll", "file")):
            continue
        name = text(event, f"{role}.name")
        if name and base(path) != name:
            kept = path[: len(path) - len(base(path))] + name
            yield Contradiction(
                "name at the end of the executable", f"{role}: {name}, {path}", ({f"{role}.name": base(path)}, {field: kept})
            )


def _words(line: str) -> list[str]:
    """The words of a command line: blanks part them, quotes join."""
    words, word, quote, begun = [], "", "", False
    for char in line:
        if quote:
            if char == quote:
                quote = ""
            else:
                word += char
        elif char in "\"'":
            quote, begun = char, True
        elif char.isspace():
            if begun or word:
                words.append(word)
            word, begun = "", False
        else:
            word += char
    return [*words, word] if word or begun else words


def arguments_and_command_line(event: Flat) -> Iterator[Contradiction]:
    kind = "arguments and command line"
    for role in ("process", "process.parent"):
        line, args, count = text(event, f"{role}.command_line"), event.get(f"{role}.args"), first(event, f"{role}.args_count")
        if args and line:
            plain = [word.replace('"', "").replace("'", "") for word in map(str, args)]
            written = re.sub(r"[\"'\\^\s]", "", line)
            if any(re.sub(r"[\\^\s]", "", word) not in written for word in plain):
                joined = " ".join(f'"{word}"' if " " in word else word for word in map(str, args))
                yield Contradiction(kind, f"{role}: {args} in {line!r}", ({f"{role}.command_line": joined}, {f"{role}.args": _words(line)}))
        if args and isinstance(count, int) and count != len(args):
            yield Contradiction(
                kind,
                f"{role}: {count} arguments, {args}",
                ({f"{role}.args_count": len(args)}, {f"{role}.args": [*args, *["-v"] * (count - len(args))]}),
            )
        name = text(event, f"{role}.name") or base(text(event, f"{role}.executable"))
        opening = (_words(line) or [""])[0] if line else (str(args[0]) if args else "")
        if name and opening and _stem(opening) != _stem(name) and not line.lower().startswith((name.lower(), f'"{name.lower()}')):
            yield Contradiction(
                kind,
                f"{role}: {name} is started with {opening!r}",
                (
                    {f"{role}.command_line": f"{name} {line}" if line else None, f"{role}.args": [name, *args] if args else None},
                    {f"{role}.name": base(opening), f"{role}.executable": None},
                ),
            )


def _stem(path: str) -> str:
    return base(path).lower().removesuffix(".exe").lstrip("-")


# -- files and registry --------------------------------------------------------------------------


def extension_and_path(event: Flat) -> Iterator[Contradiction]:
    for role in ("file", "dll", "file.Ext.original"):
        path, name, extension = (text(event, f"{role}.{part}") for part in ("path", "name", "extension"))
        directory = text(event, f"{role}.directory")
        end = base(path) if path else name
        if extension and end and not end.lower().endswith(f".{extension.lower()}"):
            repairs = (
                {f"{role}.extension": end.rpartition(".")[2] if "." in end else None},
                {f"{role}.path": f"{path}.{extension}", f"{role}.name": f"{end}.{extension}"},
            )
            yield Contradiction("extension and path", f"{role}: {extension}, {end}", repairs)
        if directory and path and path[: len(path) - len(base(path))].rstrip("\\/") != directory.rstrip("\\/"):
            yield Contradiction(
                "extension and path", f"{role}: {directory}, {path}", ({f"{role}.directory": None}, {f"{role}.path": f"{directory}/{end}"})
            )


_HIVES = {
    "HKLM": ("HKLM", "HKEY_LOCAL_MACHINE", "\\REGISTRY\\MACHINE", "MACHINE"),
    "HKEY_LOCAL_MACHINE": ("HKLM", "HKEY_LOCAL_MACHINE", "\\REGISTRY\\MACHINE"),
    "HKU": ("HKU", "HKEY_USERS", "\\REGISTRY\\USER"),
    "HKEY_USERS": ("HKU", "HKEY_USERS", "\\REGISTRY\\USER"),
    "HKCU": ("HKCU", "HKEY_CURRENT_USER"),
    "HKCR": ("HKCR", "HKEY_CLASSES_ROOT"),
}


def registry_path_and_value(event: Flat) -> Iterator[Contradiction]:
    kind = "registry path and value"
    path, key, value, hive = (text(event, f"registry.{part}") for part in ("path", "key", "value", "hive"))
    if path and value and not path.lower().endswith(f"\\{value.lower()}"):
        yield Contradiction(
            kind, f"{value} in {path}", ({"registry.value": path.rpartition("\\")[2]}, {"registry.path": f"{path}\\{value}"})
        )
    if path and key and key.lower().strip("\\") not in path.lower():
        yield Contradiction(kind, f"{key} in {path}", ({"registry.key": None}, {"registry.path": f"HKLM\\{key}\\{value}"}))
    if path and hive and not path.upper().startswith(_HIVES.get(hive.upper(), (hive.upper(),))):
        yield Contradiction(kind, f"{hive} in {path}", ({"registry.hive": None}, {"registry.path": None}))
    type_, data = text(event, "registry.data.type"), text(event, "registry.data.strings")
    if type_ in ("REG_DWORD", "REG_QWORD") and data and not re.fullmatch(r"(0x)?[0-9a-fA-F]+", data):
        yield Contradiction(kind, f"{type_} with {data}", ({"registry.data.type": "REG_SZ"}, {"registry.data.strings": "1"}))


def signature_fields(event: Flat) -> Iterator[Contradiction]:
    kind = "signature fields"
    for field in event:
        if not field.endswith("code_signature.exists") and not field.endswith("code_signature.trusted"):
            continue
        role = field.rpartition(".")[0]
        exists, trusted = first(event, f"{role}.exists"), first(event, f"{role}.trusted")
        status, subject = text(event, f"{role}.status"), text(event, f"{role}.subject_name")
        said = f"{role}: exists {exists}, trusted {trusted}, status {status}, subject {subject}"
        if exists is False and field.endswith("exists") and (trusted or subject or status.startswith("trusted")):
            yield Contradiction(
                kind, said, ({f"{role}.exists": True}, {f"{role}.trusted": None, f"{role}.subject_name": None, f"{role}.status": None})
            )
        if trusted is not None and field.endswith("trusted") and status and (status == "trusted") != trusted:
            yield Contradiction(
                kind, said, ({f"{role}.trusted": not trusted}, {f"{role}.status": "trusted" if trusted else "errorBadDigest"})
            )


# -- users ---------------------------------------------------------------------------------------

_SID = re.compile(r"S-1-\d+(-\d+)+$")
_ACCOUNTS = {"S-1-5-18": "system", "S-1-5-19": "local service", "S-1-5-20": "network service"}


def sid_or_uid(event: Flat) -> Iterator[Contradiction]:
    kind, system = "SID or uid", text(event, "host.os.type")
    user, name = text(event, "user.id"), text(event, "user.name")
    if user and system == "windows" and not _SID.match(user):
        yield Contradiction(kind, f"windows: user.id = {user}", ({"user.id": "S-1-5-21-1-2-3-1104"}, {"user.id": None}))
    if user and system in ("linux", "macos") and not user.isdecimal():
        yield Contradiction(kind, f"{system}: user.id = {user}", ({"user.id": "1000"}, {"user.id": None}))
    if user in _ACCOUNTS and name and name.lower() not in (_ACCOUNTS[user], _ACCOUNTS[user].replace(" ", "")) and not name.endswith("$"):
        yield Contradiction(kind, f"{user} is {name}", ({"user.name": _ACCOUNTS[user].upper()}, {"user.id": None}))
    if system in ("linux", "macos") and user and name and (user == "0") != (name == "root"):
        yield Contradiction(
            "root logons by someone else",
            f"uid {user} is {name}",
            ({"user.id": "0" if name == "root" else "1000"}, {"user.name": "root" if user == "0" else "maria"}),
        )
    for field, values in event.items():
        if field.endswith(("UserSid", "Sid")) and field.startswith("winlog.event_data.") and values and not _SID.match(str(values[0])):
            yield Contradiction(kind, f"{field} = {values[0]}", ({field: "S-1-5-21-1-2-3-1104"}, {field: None}))


# -- addresses -----------------------------------------------------------------------------------

_PORTS = {
    "http": (80, 8080, 8000),
    "dns": (53,),
    "ssh": (22,),
    "smtp": (25, 587),
    "rdp": (3389,),
    "telnet": (23,),
    "tls": (443, 8443, 465, 993),
}


def address_families(event: Flat) -> Iterator[Contradiction]:
    kind, said = "address families", text(event, "network.type")
    families: dict[str, int] = {}
    for side in ("source.ip", "destination.ip"):
        try:
            families[side] = ipaddress.ip_address(text(event, side)).version
        except ValueError:
            continue
    for side, version in families.items():
        if said in ("ipv4", "ipv6") and said != f"ipv{version}":
            other = "10.1.1.1" if said == "ipv4" else "fd00::1"
            yield Contradiction(kind, f"{said}: {side} = {text(event, side)}", ({"network.type": f"ipv{version}"}, {side: other}))
    if len(set(families.values())) > 1:
        pair = [text(event, side) for side in families]
        repairs = tuple(
            {one: text(event, other).rstrip("0123456789abcdef") + "7"} for one, other in (tuple(families), tuple(families)[::-1])
        )
        yield Contradiction(kind, f"from {pair[0]} to {pair[1]}", repairs)
    protocol, port = text(event, "network.protocol"), first(event, "destination.port")
    if (
        protocol in _PORTS
        and port is not None
        and int(port) not in _PORTS[protocol]
        and int(port) in {p for ports in _PORTS.values() for p in ports}
    ):
        yield Contradiction(kind, f"{protocol} to port {port}", ({"network.protocol": None}, {"destination.port": _PORTS[protocol][0]}))


MACHINE_CHECKS: tuple[Check, ...] = (
    system_and_paths,
    server_builds,
    name_at_end_of_executable,
    arguments_and_command_line,
    extension_and_path,
    registry_path_and_value,
    signature_fields,
    sid_or_uid,
    address_families,
)
