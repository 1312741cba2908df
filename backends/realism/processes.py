"""Realistic processes: name, executable, arguments and command line, and their parents."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from random import Random

from ...compiler.values.sets import Wild
from .assignment import Assignment, FieldValues, matched_pattern
from .environment import Environment
from .fill_patterns import Form, fill
from .known_programs import BY_NAME, DAEMONS, DIRECTORIES, PROGRAMS, USUAL_FOR, USUAL_PARENTS, ProgramFile
from .vocabulary import LINUX, WINDOWS

ROLES = ("process", "process.parent")
"""The processes that are made as a whole."""

FURTHER_ROLES = (
    "process.Ext.effective_parent",
    "Effective_process",
    "process.entry_leader",
    "process.session_leader",
    "process.group_leader",
)
"""Other processes that events name."""

_NAMES_TRIED = 6
_OFFERED = 6
_STARTING = "starting"
_FILLERS = ("--verbose", "-v", "--quiet", "-f", "output.txt", "--all", "--force", "report", "-n", "1")
_ON_FILES = ("chmod", "chown", "chattr", "setfacl", "setcap", "chgrp")
"""Programs whose last argument is a file."""
_FILES = ("/usr/local/bin/report", "/opt/meridian/bin/agent", "/srv/data/export.sh")
_FLAGS = {WINDOWS: ("/q", "/v", "/f")}


def last_part(path: str) -> str:
    """The name at the end of a path of any operating system."""
    return path.rpartition("\\" if "\\" in path else "/")[2]


def directory_of(path: str) -> str:
    """All before the name; the root stays."""
    separator = "\\" if "\\" in path else "/"
    return path.rpartition(separator)[0] or (separator if path.startswith(separator) else "")


def in_directory(directory: str, name: str, environment: Environment) -> str:
    """A file's path."""
    if name.startswith("/"):
        return name
    directory = directory.replace("{user}", environment.user)
    separator = "\\" if "\\" in directory or directory.endswith(":") else "/"
    return f"{directory.rstrip(separator)}{separator}{name}"


def settle_program(assignment: Assignment, event: int, role: str, likely: Sequence[ProgramFile]) -> None:
    """Give a process a name and an executable that end alike."""
    name, executable, original = f"{role}.name", f"{role}.executable", f"{role}.pe.original_file_name"
    if not (assignment.concerns(event, name) or assignment.concerns(event, executable)):
        return
    if assignment.is_settled(event, name) and assignment.is_settled(event, executable):
        return
    words = _literals(assignment, event, f"{role}.args")
    if (
        len(words) == 1
        and assignment.value(event, f"{role}.args_count") == 1
        and assignment.may_take_over(event, name, last_part(words[0]))
    ):
        # The only argument is the program itself.
        assignment.take_over(event, {name: last_part(words[0])})
    if assignment.is_settled(event, executable):
        assignment.take_over(event, {name: last_part(assignment.text(event, executable))})
    elif assignment.asked(event, executable) and assignment.asked(event, name):
        # Each was drawn from a list of its own: the name follows the path where its own list has it.
        paths = assignment.options(event, executable, (), Form.PATH, assignment.text(event, name))
        path = next((path for path in paths if assignment.fits(event, executable, path)), "")
        if path and not assignment.fits(event, name, last_part(path)) and assignment.may_take_over(event, name, last_part(path)):
            assignment.take_over(event, {executable: path, name: last_part(path)})
    assignment.settle(event, _programs(assignment, event, name, executable, original, likely), f"{executable} ends with {name}")
    if (assignment.cell(event, original)) is not None:
        assignment.offer(event, original, assignment.options(event, original, (assignment.text(event, name),), Form.NAME))


def _programs(
    assignment: Assignment, event: int, name: str, executable: str, original: str, likely: Sequence[ProgramFile]
) -> Iterator[FieldValues]:
    environment, rng = assignment.environment, assignment.rng
    os = environment.os or LINUX
    given_original = assignment.text(event, original)
    usual = [given_original.lower()] if assignment.asked(event, original) and given_original else []
    # A rule that asks for arguments alone often means the program by one of them.
    known = BY_NAME[os]
    for word in _literals(assignment, event, f"{name.removesuffix('.name')}.args"):
        if word.lower() in known:
            usual.append(known[word.lower()].name)
        elif directory_of(word).endswith("bin") or word.lower().endswith(".exe"):
            usual.append(last_part(word))
    usual += [program.name for program in likely]
    if assignment.asked(event, name):
        usual += [program.name for program in PROGRAMS[os]]
    key = executable if executable in assignment.drawer.identifying else name
    usual = [assignment.rare(key, text) for text in usual]
    path = assignment.cell(event, executable)
    open_path = path is None or not path.slots or not assignment.asked(event, executable)
    fitting = (candidate for candidate in assignment.options(event, name, usual, Form.NAME) if assignment.fits(event, name, candidate))
    names = list(dict.fromkeys(islice(fitting, _NAMES_TRIED)))
    if not open_path:
        if not assignment.asked(event, name):
            for path_text in assignment.options(event, executable, (), Form.PATH, _final(assignment, event, executable, usual)):
                yield {executable: path_text, name: last_part(path_text)}
        for candidate in names:
            for path_text in assignment.options(event, executable, _places(candidate, os, environment, rng), Form.PATH, candidate):
                if last_part(path_text) == candidate:
                    yield {executable: path_text, name: candidate}
        for path_text in assignment.options(
            event, executable, [path_text for candidate in usual for path_text in _places(candidate, os, environment, rng)[:1]], Form.PATH
        ):
            yield {executable: path_text, name: last_part(path_text)}
        return
    for candidate in names:
        for path_text in _places(candidate, os, environment, rng):
            yield {executable: path_text, name: candidate}


def _literals(assignment: Assignment, event: int, args: str) -> list[str]:
    """The arguments that the rule asks for word for word."""
    cell = assignment.cell(event, args)
    slots = cell.slots if cell is not None else ()
    matches = ((slot.value, matched_pattern(slot)) for slot in slots)
    return [value for value, pattern in matches if pattern is not None and pattern.literal is not None]


def _final(assignment: Assignment, event: int, executable: str, usual: Sequence[str]) -> str:
    """A program's name for a path whose pattern ends in a run of any characters."""
    cell = assignment.cell(event, executable)
    pattern = matched_pattern(cell.slots[0]) if cell is not None and cell.slots else None
    if pattern is None or not usual or pattern.tokens[-1] is not Wild.RUN:
        return ""
    return usual[0]


def _places(name: str, os: str, environment: Environment, rng: Random) -> list[str]:
    """Where a program of this name may lie."""
    known = BY_NAME[os].get(name.lower())
    places = [in_directory(known.directory, name, environment)] if known is not None else []
    usual, *others = DIRECTORIES[os]
    turned = rng.randrange(len(others))
    return places + [in_directory(directory, name, environment) for directory in (usual, *others[turned:], *others[:turned])]


def likely_programs(environment: Environment, rng: Random, category: str) -> list[ProgramFile]:
    """Return programs in random order, those usual in events of a category first."""
    usual, others = _halves(environment.os or LINUX, category)
    return rng.sample(usual, min(_OFFERED, len(usual))) + rng.sample(others, min(_OFFERED, len(others)))


def likely_parents(environment: Environment, rng: Random, child: str) -> list[ProgramFile]:
    """Return programs in random order, those that often start others first."""
    usual, others = _halves(environment.os or LINUX, _STARTING)
    parents = rng.sample(usual, min(_OFFERED, len(usual))) + rng.sample(others, min(_OFFERED, len(others)))
    usual_one = USUAL_PARENTS.get(child.lower())
    known = BY_NAME[environment.os or LINUX]
    first = [known[usual_one.lower()]] if usual_one is not None and usual_one.lower() in known else []
    return first + [program for program in parents if program.name != child]


@cache
def _halves(os: str, category: str) -> tuple[list[ProgramFile], list[ProgramFile]]:
    """The programs that are usual in events of a category, and the others."""
    named = USUAL_FOR.get(category)
    parts: tuple[list[ProgramFile], list[ProgramFile]] = ([], [])
    for program in PROGRAMS[os]:
        ordinary = program.name not in DAEMONS if named is None else program.name in named
        parts[not (program.starts if category == _STARTING else ordinary)].append(program)
    return parts


# -- arguments -----------------------------------------------------------------------------------


def settle_arguments(assignment: Assignment, event: int, role: str) -> None:
    """Give a process arguments, a command line that they make up, and their number."""
    args, line, count = f"{role}.args", f"{role}.command_line", f"{role}.args_count"
    if all(assignment.is_settled(event, name) for name in (args, line)):
        return
    if not any(assignment.concerns(event, name) for name in (args, line, count)):
        return
    assignment.settle(event, _calls(assignment, event, role, args, line, count), f"{line} has {args}")


def _calls(assignment: Assignment, event: int, role: str, args: str, line: str, count: str) -> Iterator[FieldValues]:
    name, executable = assignment.text(event, f"{role}.name"), assignment.text(event, f"{role}.executable")
    heads = [head for head in dict.fromkeys((executable, name) if assignment.environment.os == WINDOWS else (name, executable)) if head]
    if assignment.rng.random() < 0.3:
        heads.reverse()
    heads = heads or [""]
    program = BY_NAME[assignment.environment.os or LINUX].get(name.lower())
    usual = list(program.arguments) if program is not None else [""]
    if not assignment.drawer.identifying.isdisjoint((args, line)):
        usual = [f"{text} {assignment.rng.randint(1000, 999_999)}" for text in usual]
    assignment.rng.shuffle(usual)
    given = [word for word in _given(assignment, event, args) if word not in heads]
    if len(given) == 1 and name in _ON_FILES and not assignment.asked(event, count):
        yield from _counted(assignment, event, args, line, count, [*heads[:1], *given, assignment.rng.choice(_FILES)])
    if assignment.asked(event, line):
        yield from _from_line(assignment, event, args, line, count, heads, given, usual)
    for head in heads:
        for tail in ([text] if given else usual for text in ("",)):
            for extra in tail if not given else ("",):
                words = [head, *given, *split(extra)] if head else [*given, *split(extra)]
                yield from _counted(assignment, event, args, line, count, words)
    for words in ([*given] or [heads[0]], [*heads[:1], *given]):
        yield from _counted(assignment, event, args, line, count, words)
    if given:
        yield {args: tuple(given), count: len(given)}
        yield {args: tuple(given)}


def _from_line(
    assignment: Assignment, event: int, args: str, line: str, count: str, heads: list[str], given: list[str], usual: list[str]
) -> Iterator[FieldValues]:
    """Yields assignments derived from the rule's conditions on the command line."""
    for head in heads:
        lines = [join([head, *given, *split(extra)], assignment.environment) for extra in (usual if not given else ("",))]
        composed = _composed(assignment, event, line, head, given)
        searched = [f"{head} {assignment.text(event, line)}"] if not composed else []
        for text in assignment.options(event, line, [*lines, *composed, *searched], Form.LINE, head):
            words = split(text)
            yield {line: text, args: tuple(words), count: len(words)}
            if given:
                missing = [word for word in given if word not in words]
                longer = " ".join([text, *map(_quoted, missing)])
                yield {line: longer, args: tuple(split(longer)), count: len(split(longer))}
            yield {line: text, args: tuple(words)} if not given else {line: text, args: (head, *given), count: len(given) + 1}


def _composed(assignment: Assignment, event: int, line: str, head: str, given: list[str]) -> list[str]:
    """Command lines that hold what each of several patterns asks for, one after the other."""
    cell = assignment.cell(event, line)
    if cell is None or not cell.slots:
        return []
    parts: list[str] = []
    for test in cell.slots[0].wanted:
        pattern = matched_pattern(type(cell.slots[0])((test,), cell.slots[0].value))
        if pattern is None:
            return []
        tokens = pattern.tokens
        inner = tokens[1 if tokens and tokens[0] is Wild.RUN else 0 : -1 if len(tokens) > 1 and tokens[-1] is Wild.RUN else len(tokens)]
        part = fill(type(pattern)(inner, pattern.fold), Form.LINE, assignment.environment, assignment.rng)
        if part.strip() and part.strip() not in " ".join(parts):
            parts.append(part.strip())
    if not parts:
        return []
    opening = [] if parts[0].lower().startswith((head.lower(), last_part(head).lower().removesuffix(".exe"))) else [head]
    orders = (parts, parts[::-1]) if len(parts) > 1 else (parts,)
    return [f"{' '.join([*opening, *order, *map(_quoted, given)])}{end}" for order in orders for end in ("", " ")]


def _counted(assignment: Assignment, event: int, args: str, line: str, count: str, words: list[str]) -> Iterator[FieldValues]:
    """A call with these words, and with more of them where the rule wants another number."""
    yield {args: tuple(words), line: join(words, assignment.environment), count: len(words)}
    if not assignment.asked(event, count):
        return
    required = assignment.value(event, count)
    fillers = _FLAGS.get(assignment.environment.os or "", _FILLERS)
    lengths = [required] if isinstance(required, int) and len(words) < required <= 64 else []
    for length in (*range(len(words) + 1, len(words) + 6), *lengths):
        longer = [*words, *(fillers[at % len(fillers)] for at in range(length - len(words)))]
        yield {args: tuple(longer), line: join(longer, assignment.environment), count: length}


def _given(assignment: Assignment, event: int, args: str) -> list[str]:
    """The arguments that the rule asks for, their wildcards filled."""
    cell = assignment.cell(event, args)
    if cell is None:
        return []
    words = []
    for at, slot in enumerate(cell.slots):
        if not slot.wanted or not isinstance(slot.value, str):
            continue
        pattern = matched_pattern(slot)
        value = slot.value
        if pattern is not None and pattern.literal is None:
            literals = "".join(token for token in pattern.tokens if isinstance(token, str))
            form = Form.PATH if ("\\" in literals or "/" in literals) and " " not in literals else Form.LINE
            fills = (fill(pattern, form, assignment.environment, assignment.rng) for _ in range(6))
            value = next((text for text in fills if assignment.meets(cell.spec, slot.wanted, cell.unwanted, text)), value)
        if value == slot.value and (pattern is None or pattern.literal is None):
            value = assignment.worded(cell, at)
        words.append(value)
    return words


def split(line: str) -> list[str]:
    """The words of a command line, those in quotes as one, nothing else interpreted."""
    words: list[str] = []
    word, quote = "", ""
    for char in line:
        if quote:
            quote = "" if char == quote else quote
            word += char if quote else ""
        elif char in "\"'" and not word:
            quote = char
        elif char == " ":
            if word:
                words.append(word)
            word = ""
        else:
            word += char
    return [*words, word] if word else words


def join(words: Sequence[str], environment: Environment) -> str:
    """The command line that a process is started with."""
    if environment.os == WINDOWS:
        return " ".join(map(_quoted, words))
    return " ".join(word if word and not set(word) & set(" \"'") else shlex.quote(word) for word in words)


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word and '"' not in word else word


# -- identity ------------------------------------------------------------------------------------


def settle_identity(assignment: Assignment, event: int, role: str, earlier: Sequence[tuple[int, str]]) -> None:
    """Process ids, and what a process has in common with one of an earlier event that has the same."""
    for other, other_role in earlier:
        if any(
            assignment.name_of(event, f"{role}.{key}") == assignment.name_of(other, f"{other_role}.{key}")
            and assignment.cell(event, f"{role}.{key}")
            for key in ("entity_id", "pid")
        ):
            _copy(assignment, event, role, other, other_role)
            break
    step = 4 if assignment.environment.os == WINDOWS else 1
    low, high = (4200, 28000) if role == "process" else (820, 4200)
    pids = [assignment.rng.randrange(low, high, step) for _ in range(3)]
    assignment.offer(event, f"{role}.pid", pids)
    assignment.offer(event, f"{role}.entity_id", (entity_id(assignment.rng),))


def _copy(assignment: Assignment, event: int, role: str, other: int, other_role: str) -> None:
    """Copies the values of the same process in another event."""
    parts = ("executable", "name", "pid", "entity_id", "command_line", "args_count", "hash.sha256")
    known = {f"{role}.{part}": assignment.value(other, f"{other_role}.{part}") for part in parts}
    cell = assignment.cell(other, f"{other_role}.args")
    known[f"{role}.args"] = tuple(cell.values) if cell is not None and cell.slots else None
    values = {name: value for name, value in known.items() if value is not None}
    executable, name = f"{role}.executable", f"{role}.name"
    # Both or neither: a rule that wants another path for the same process would otherwise part the name from it.
    if any(field in values and not assignment.may_take_over(event, field, values[field]) for field in (executable, name)):
        values = {field: value for field, value in values.items() if field not in (executable, name, f"{role}.hash.sha256")}
    assignment.take_over(event, values)


def entity_id(rng: Random) -> str:
    """An identifier of a process, of letters and digits."""
    return f"{rng.getrandbits(128):032x}"


def settle_hashes(assignment: Assignment, event: int, role: str) -> None:
    """The same version of a program has the same hashes, wherever it comes up."""
    path = assignment.text(event, f"{role}.executable") or assignment.text(event, f"{role}.path")
    name = assignment.text(event, f"{role}.pe.original_file_name") or assignment.text(event, f"{role}.name") or last_part(path)
    if not name:
        return
    world, version = assignment.environment.world, f"{role}.pe.file_version"
    if assignment.cell(event, version) is not None:
        assignment.offer(event, version, assignment.options(event, version, (world.program_version(name),)))
    for field, algorithm in _HASHES.items():
        if assignment.concerns(event, f"{role}.{field}"):
            assignment.offer(event, f"{role}.{field}", (world.digest(algorithm, name, assignment.text(event, version)),))


_HASHES = {
    "hash.md5": "md5", "hash.sha1": "sha1", "hash.sha256": "sha256", "hash.sha384": "sha384", "hash.sha512": "sha512",
    "hash.imphash": "imphash",
    "pe.imphash": "imphash",
}  # fmt: skip
"""By field below a process or file: the algorithm of its hash."""
