"""Filling the wildcards of a pattern with text that suits its context."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from random import Random

from ...compiler.values.patterns import compile_patterns, make_pattern
from ...compiler.values.sets import Pattern, Wild
from ..values.fill import Gap, fill_gaps
from .environment import Environment
from .vocabulary import CONTAINER_WORDS, EXTENSIONS, LABELS, MACOS, NOUNS, PRODUCTS, SERVICES, SITES, STEMS, VENDORS, WINDOWS


class Form(Enum):
    """The kind of string that a field holds."""

    PATH = "path"
    REGISTRY = "registry"
    LINE = "command line"
    NAME = "file name"
    DOMAIN = "domain"
    URL = "url"
    PLAIN = "plain"


_WEB = re.compile("https?(:/?/?)?$", re.IGNORECASE)
_SID = re.compile("^S-1-[0-9-]*-$")
_VERSIONED = re.compile("(^|[^A-Za-z])[vV]$")
Segment = tuple[str | Wild, ...]


def fill(pattern: Pattern, form: Form, environment: Environment, rng: Random, final: str = "") -> str:
    """Fill a pattern; the result usually matches it, which the caller must test.

    Args:
        pattern: what to fill.
        form: the kind of text.
        environment: whose names to use.
        rng: decides among what fits.
        final: what the text should end with: the last part of a path, or the program that a command line starts with.
    """
    match form:
        case Form.PATH | Form.REGISTRY:
            return _path(pattern, form, environment, rng, final)
        case Form.LINE:
            return _line(pattern, environment, rng, final)
        case Form.DOMAIN:
            return _domain(pattern, rng)
        case Form.URL:
            return _runs(pattern, rng, lambda: rng.choice(LABELS))
        case Form.NAME:
            return _name(pattern.tokens, environment, rng, final)
        case Form.PLAIN:
            return _runs(pattern, rng, lambda: rng.choice(NOUNS))


# -- paths ---------------------------------------------------------------------------------------


def _path(pattern: Pattern, form: Form, environment: Environment, rng: Random, final: str) -> str:
    literals = "".join(token for token in pattern.tokens if isinstance(token, str))
    separator = "\\" if "\\" in literals or ("/" not in literals and (environment.os == WINDOWS or form is Form.REGISTRY)) else "/"
    segments = _segments(pattern.tokens, separator)
    done: list[str] = []
    for place, segment in enumerate(segments):
        if all(isinstance(token, str) for token in segment):
            done.append("".join(token for token in segment if isinstance(token, str)))
            continue
        last = place == len(segments) - 1
        following = _text(segments[place + 1]) if not last else ""
        if place == 0 and not last and segment == (Wild.RUN,):
            done.append(_root(following, form, environment, separator, rng))
        elif last and final and (segment == (Wild.RUN,) or _matches(segment, final)):
            done.append(_last_directory(done, segment, form, environment, separator, rng) + final)
        elif segment == (Wild.RUN,):
            between = done[-1].rpartition(separator)[2].lower() if done else ""
            done.append(_last(between, form, environment, rng) if last else _between(between, form, environment, separator, rng))
        elif last:
            done.append(_last_directory(done, segment, form, environment, separator, rng) + _part(segment, last, form, environment, rng))
        else:
            done.append(_part(segment, last, form, environment, rng))
    return separator.join(done)


@lru_cache(maxsize=8192)
def _segments(tokens: Segment, separator: str) -> tuple[Segment, ...]:
    """The parts of a pattern between its separators. A run of characters may stand for several parts; here it is in one."""
    segments: list[list[str | Wild]] = [[]]
    for token in tokens:
        if isinstance(token, Wild):
            segments[-1].append(token)
            continue
        first, *others = token.split(separator)
        if first:
            segments[-1].append(first)
        segments += [[other] if other else [] for other in others]
    return tuple(map(tuple, segments))


@lru_cache(maxsize=8192)
def _matcher(segment: Segment) -> Callable[[str], bool]:
    return compile_patterns((make_pattern(segment, fold=True),))


def _matches(segment: Segment, text: str) -> bool:
    return _matcher(segment)(text)


def _text(segment: Segment) -> str:
    return "".join(token for token in segment if isinstance(token, str)).lower()


def _root(following: str, form: Form, environment: Environment, separator: str, rng: Random) -> str:
    """What stands before the first part that a pattern names."""
    if form is Form.REGISTRY:
        return rng.choice(_HIVES.get(following.partition(" ")[0], ("HKLM\\SOFTWARE", f"HKEY_USERS\\{environment.user_id}\\Software")))
    if separator == "/":
        return "" if following in _UNIX_ROOTS or not environment.os else rng.choice((environment.home, "/opt/meridian", "/srv/data"))
    if following in ("windows", "users", "program files", "program files (x86)", "programdata", "$recycle.bin", "perflogs", "inetpub"):
        return "C:"
    if following in ("system32", "syswow64", "temp", "tasks", "microsoft.net", "winsxs", "systemapps", "fonts", "debug"):
        return "C:\\Windows"
    if following in ("appdata", "downloads", "desktop", "documents", "pictures", "onedrive", "local settings"):
        return environment.home
    return rng.choice((environment.home, "C:\\ProgramData", "C:\\Program Files\\Meridian"))


_HIVES = {
    "system": ("HKLM",),
    "software": ("HKLM",),
    "sam": ("HKLM",),
    "security": ("HKLM",),
    "controlset001": ("HKLM\\SYSTEM",),
    "currentcontrolset": ("HKLM\\SYSTEM",),
}
_ROOT_NAMES = (
    "usr etc bin sbin tmp var opt home root proc dev sys boot lib run srv mnt media applications library system users volumes private"
)
_UNIX_ROOTS = frozenset(_ROOT_NAMES.split())


def _between(before: str, form: Form, environment: Environment, separator: str, rng: Random) -> str:
    """A directory, or a key of the registry, below another."""
    if form is Form.REGISTRY:
        return _KEYS[before](environment, rng) if before in _KEYS else rng.choice(VENDORS)
    below = _BELOW.get(before)
    if below is not None:
        return rng.choice(below)
    if before in ("users", "home", "documents and settings"):
        return environment.user
    if before.endswith(":"):
        return rng.choice((f"Users\\{environment.user}", "ProgramData", "Tools"))
    if before in ("volumes",):
        return rng.choice(PRODUCTS)
    return rng.choice(VENDORS) if separator == "\\" or environment.os == MACOS else rng.choice(VENDORS).lower()


_BELOW: dict[str, tuple[str, ...]] = {
    "appdata": ("Local", "Roaming", "Local\\Temp"),
    "windows": ("System32", "Temp", "Tasks"),
    "system32": ("Tasks", "drivers", "spool"),
    "library": ("Application Support", "Preferences", "Caches"),
    "applications": ("Meridian Notes.app", "Utilities"),
    "framework": ("v4.0.30319",),
    "framework64": ("v4.0.30319",),
    "proc": ("1412", "2077", "3350"),
    "python": ("3.12",),
}
_KEYS: dict[str, Callable[[Environment, Random], str]] = {
    "services": lambda environment, rng: rng.choice(SERVICES),
    "hkey_users": lambda environment, rng: environment.user_id,
    "hku": lambda environment, rng: environment.user_id,
    "user": lambda environment, rng: environment.user_id,
    "users": lambda environment, rng: environment.user_id,
    "system": lambda environment, rng: "CurrentControlSet",
    "clsid": lambda environment, rng: _guid(rng),
    "typelib": lambda environment, rng: _guid(rng),
    "interface": lambda environment, rng: _guid(rng),
    "microsoft": lambda environment, rng: rng.choice(("Windows", "Office")),
    "office": lambda environment, rng: "16.0",
    "currentversion": lambda environment, rng: rng.choice(("Run", "Policies", "Explorer")),
    "printers": lambda environment, rng: "Office Printer",
    "environments": lambda environment, rng: "Windows x64",
    "image file execution options": lambda environment, rng: "notepad.exe",
    "taskcache": lambda environment, rng: "Tree",
}


def _guid(rng: Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return "{" + "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])).upper() + "}"


def _last(before: str, form: Form, environment: Environment, rng: Random) -> str:
    """Returns an unconstrained last component of a path."""
    if form is Form.REGISTRY:
        return rng.choice(SERVICES)
    if before in _FILES_IN:
        return _FILES_IN[before].format(rng.choice(STEMS))
    return f"{rng.choice(NOUNS)}.{rng.choice(EXTENSIONS[environment.os])}"


def _last_directory(done: Sequence[str], segment: Segment, form: Form, environment: Environment, separator: str, rng: Random) -> str:
    """Now and then one more directory before the last part, where a run of characters leaves room for it."""
    before = done[-1].rpartition(separator)[2].lower() if done else ""
    if segment[0] is not Wild.RUN or form is Form.REGISTRY:
        return ""
    if before in ("users", "home", "appdata", "programdata", "program files", "program files (x86)") or before.endswith(":"):
        return _between(before, form, environment, separator, rng) + separator
    return ""


_FILES_IN = {
    "launchdaemons": "com.example.{}.plist",
    "launchagents": "com.example.{}.plist",
    "startup": "{}.lnk",
    "drivers": "{}.sys",
    "system32": "{}.dll",
    "tasks": "{}.job",
    ".ssh": "authorized_keys",
    "cron.d": "{}",
    "init.d": "{}",
    "system": "{}.service",
    "site-packages": "{}.py",
}
"""By a directory's name: the files that are looked for there."""

KNOWN_PARTS = (
    "CurrentControlSet", "ControlSet001", "v4.0.30319", "System32", "SysWOW64", "Program Files", "Program Files (x86)", "ProgramData",
    "AppData", "Framework64", "Framework", "Microsoft.NET", "Local", "Roaming", "Temp", "Startup", "Start Menu", "Windows Defender",
    "LaunchAgents", "LaunchDaemons", "Application Support", "site-packages", "dist-packages", "python3.11", "python3.12", "cron.d",
    "cron.daily", "sudoers.d", "rc.local", "init.d", "profile.d", "HKLM", "HKEY_USERS", "HKCU", "Windows", "Users", "C:", "16.0",
)  # fmt: skip


def _part(segment: Segment, last: bool, form: Form, environment: Environment, rng: Random) -> str:
    """Fills a constrained component of a path."""
    fitting = [part for part in KNOWN_PARTS if _matches(segment, part)] if not last or form is Form.REGISTRY else []
    if fitting:
        return rng.choice(fitting[:2])
    if segment[0] is Wild.ONE and len(segment) == 2 and segment[1] == ":":
        return "C:"
    return _name(segment, environment, rng, "")


# -- names ---------------------------------------------------------------------------------------


def _name(tokens: Sequence[str | Wild], environment: Environment, rng: Random, final: str) -> str:
    """A file's name: a stem before a suffix, a suffix after a dot, otherwise as little as possible."""

    def choose(gap: Gap) -> str:
        before, after = gap.before, gap.after
        if gap.wild is Wild.ONE:
            return "C" if after == ":" else rng.choice("123456789" if before.isalnum() else "abcde")
        if not before:
            whole = after in (".", "") or not after.isalnum()
            return rng.choice((*STEMS, *NOUNS)) if whole else rng.choice(("", "my", "new-", f"{rng.choice(NOUNS)}-"))
        if not after:
            return rng.choice(EXTENSIONS[environment.os]) if before == "." else rng.choice(("", "", f"-{rng.choice(STEMS)}"))
        if _VERSIONED.search(gap.previous):
            return "1"
        if _WEB.search(gap.previous):
            return _site(gap.previous, after, rng)
        if before.isalnum():
            return rng.choice(("", "-", f"-{rng.choice(STEMS)}-")) if after.isalnum() else rng.choice(("", f"-{rng.choice(STEMS)}"))
        return rng.choice((*NOUNS, *CONTAINER_WORDS))

    return fill_gaps(tokens, choose)


def _ending(rng: Random) -> str:
    """What may follow a name."""
    return rng.choice(("", f"-{rng.choice(NOUNS)}", f"-{rng.choice(STEMS)}"))


def _site(before: str, after: str, rng: Random) -> str:
    """What goes on after the scheme of a URL."""
    lead = "://"[len(before) - len(before.rstrip(":/")) :]
    return f"{lead}{rng.choice(LABELS)}.{rng.choice(SITES)}" + ("" if after in ("", ":", "/", " ", '"', "'") else "/")


# -- command lines -------------------------------------------------------------------------------

_WORDS_OF_LINES = ("/q", "report", "--verbose", "-f", "output.txt", "job1", "all")


def _line(pattern: Pattern, environment: Environment, rng: Random, program: str) -> str:
    """A command line: the program before what a pattern names, words in its gaps."""

    def choose(gap: Gap) -> str:
        before, after = gap.before, gap.after
        if gap.wild is Wild.ONE:
            return " " if before.isalnum() and after.isalnum() else "/" if before == " " else rng.choice("1238")
        if gap.first:
            return _before_line(gap.following if isinstance(gap.following, str) else "", program, environment, rng)
        if _WEB.search(gap.previous):
            return _site(gap.previous, after, rng) + (f"/{rng.choice(NOUNS)}.zip" if not after else "")
        if not after:
            return "" if rng.random() < 0.5 or not before.isalnum() else f" {rng.choice(_WORDS_OF_LINES)}"
        return _gap(before, after, rng)

    return fill_gaps(pattern.tokens, choose)


def _before_line(following: str, program: str, environment: Environment, rng: Random) -> str:
    if not program and following[:1] == ".":
        return rng.choice(NOUNS)
    if following[:1] in ("\\", "/") and following[1:2].isalpha() and environment.separator == following[0]:
        return f"{program} {environment.home}" if program else environment.home
    if not program or following[:1] == " ":
        return program
    return f"{program} " if not following.lower().startswith(program.lower()) else ""


def _gap(before: str, after: str, rng: Random) -> str:
    if before == " " and after == " ":
        return rng.choice(_WORDS_OF_LINES)
    if before == " ":
        return rng.choice(("", f"{rng.choice(_WORDS_OF_LINES)} ")) if after in "-/'\"" or after.isalnum() else rng.choice(NOUNS)
    if after == " ":
        return "" if before.isalnum() else rng.choice(NOUNS)
    if before in "=:/\\.@('\"" or after in "=:/\\.@)":
        return rng.choice(NOUNS)
    return " "


# -- everything else -----------------------------------------------------------------------------


def _domain(pattern: Pattern, rng: Random) -> str:
    return _runs(pattern, rng, lambda: rng.choice(LABELS), lambda: rng.choice(SITES))


def _runs(pattern: Pattern, rng: Random, make: Callable[[], str], at_end: Callable[[], str] | None = None) -> str:
    """The pattern's own text, with a word in the place of a run unless a letter goes on before or after it."""

    def choose(gap: Gap) -> str:
        before, after = gap.before, gap.after
        if gap.wild is Wild.ONE:
            return rng.choice("abcde123")
        if gap.following is None and before in ("", ".") and at_end is not None:
            return at_end()
        if _SID.search(gap.previous):
            return "-".join(str(rng.randint(10**8, 2**32 - 1)) for _ in range(1 if after else 4))
        if before and _VERSIONED.search(gap.previous):
            return "1"
        if before.isalnum() or after.isalnum():
            return ("" if before and after else _ending(rng)) if before else rng.choice(("", f"{make()}-"))
        return make()

    return fill_gaps(pattern.tokens, choose)


def first_fitting(patterns: Iterable[Pattern], text: str) -> Pattern | None:
    """The first pattern that a text matches."""
    return next((pattern for pattern in patterns if _whole(pattern)(text)), None)


@lru_cache(maxsize=16384)
def _whole(pattern: Pattern) -> Callable[[str], bool]:
    return compile_patterns((pattern,))
