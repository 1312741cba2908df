"""Fuzz the parsers, the loaders and the whole command.

    pip install -e '.[dev,fuzz]'
    python -m benchmarks.fuzz kuery --minutes 30
    python -m benchmarks.fuzz command --minutes 30 --seed 2 --found fuzz-found

Inputs are mutated from the bundled rules. With atheris (the extra ``fuzz``), what reaches new code is kept and mutated further;
without it, or with ``--blind``, mutations go on from the seeds and from each other. An input that raises what is not documented,
takes too long, or breaks a promise of its target is made smaller and kept in the folder, with what it raised beside it.
Exits with 1 when there is one.
"""

from __future__ import annotations

import faulthandler
import hashlib
import json
import os
import signal
import sys
import traceback
from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from time import monotonic, process_time
from typing import TYPE_CHECKING, Any

import click

from triggerfish.compiler.languages import LANGUAGES

from .fuzz_mutations import mutated

if TYPE_CHECKING:
    from .fuzz_targets import Target

NAMES = (*LANGUAGES, "rules", "schema", "plan", "command")
_LATE = (
    "grammar.lalr.driver",
    "grammar.kuery.builder",
    "grammar.eql.builder",
    "grammar.lucene.builder",
    "compiler.lower.kuery",
    "compiler.lower.eql.program",
    "compiler.lower.lucene",
    "compiler.lower.query_dsl",
    "rules.lowering.exception_items",
    "rules.reading.yaml_reader",
    "backends.plan.blocks",
    "backends.plan.node_codec",
    "backends.elasticsearch.query_dsl",
)
_OURS = Path(__file__).resolve().parents[1]
_STUCK = 20
"""After so many times its limit a process that does not notice is ended, by whatever means there are."""
_SECONDS_TO_SHRINK = 30.0
_EVERY = 60.0
"""Seconds between two lines that say how far it is."""


class HangError(BaseException):
    """An input takes longer than it may. Nothing catches it on the way."""


class Run:
    """One target being fuzzed.

    Args:
        name, target: the target.
        minutes: how long to go on.
        found: the folder for defects.

    Attributes:
        executions: how many inputs were tried.
        defects: how often each was met, by what it raised and where.
        slowest: seconds of a processor that an input took at most.
    """

    def __init__(self, name: str, target: Target, minutes: float, folder: Path) -> None:
        self.name = name
        self.target = target
        self.found = folder / name
        self.executions = 0
        self.defects: Counter[str] = Counter()
        self.slowest = 0.0
        self.began = monotonic()
        self.until = self.began + minutes * 60
        self._told = self.began
        folder.mkdir(parents=True, exist_ok=True)
        # What is being tried when the process is ended from outside or by a hang in C would otherwise be lost.
        self.current = folder / f"{name}.current"
        self.log = (folder / f"{name}.stuck").open("w")

    def one(self, data: bytes) -> None:
        """Try an input."""
        self.executions += 1
        self.current.write_bytes(data)
        began = process_time()
        signature, raised = self._tried(data)
        self.slowest = max(self.slowest, process_time() - began)
        if signature is not None:
            if signature not in self.defects:
                print(f"defect: {signature}: {self._keep(data, signature, raised)}", flush=True)
                self._keep(self._smaller(data, signature), signature, raised)
            self.defects[signature] += 1
        now = monotonic()
        if now > self._told + _EVERY:
            self._told = now
            print(self.line(), flush=True)

    def is_over(self) -> bool:
        """Whether the time is."""
        return monotonic() > self.until

    def line(self) -> str:
        """How far it is, as JSON."""
        seconds = monotonic() - self.began
        summary = {"target": self.name, "seconds": round(seconds), "executions": self.executions, "slowest": round(self.slowest, 2)}
        return json.dumps({**summary, "defects": dict(self.defects)})

    def _tried(self, data: bytes) -> tuple[str | None, str]:
        """What names a defect, and all that was raised; None if there is none."""
        try:
            return self._checked(data)
        except HangError as error:
            # It rang between the end of the check and the end of the clock.
            return _signature(error), "".join(traceback.format_exception(error))

    def _checked(self, data: bytes) -> tuple[str | None, str]:
        # Seconds of a processor: others may use it, too, and what is fuzzed has the timer of real ones for itself.
        signal.signal(signal.SIGPROF, _ring)
        signal.setitimer(signal.ITIMER_PROF, self.target.seconds)
        faulthandler.dump_traceback_later(self.target.seconds * _STUCK, exit=True, file=self.log)
        try:
            self.target.check(data)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            signal.setitimer(signal.ITIMER_PROF, 0)
            return _signature(error), "".join(traceback.format_exception(error))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.cancel_dump_traceback_later()
        return None, ""

    def _smaller(self, data: bytes, signature: str) -> bytes:
        """A smaller input with the same defect: pieces are left out, from halves to single bytes, as long as it stays."""
        if signature.startswith("HangError"):
            return data
        until, size = monotonic() + _SECONDS_TO_SHRINK, max(1, len(data) // 2)
        while size:
            at = 0
            while at < len(data) and monotonic() < until:
                shorter = data[:at] + data[at + size :]
                if self._tried(shorter)[0] == signature:
                    data = shorter
                else:
                    at += size
            size //= 2
        return data

    def _keep(self, data: bytes, signature: str, raised: str) -> Path:
        self.found.mkdir(exist_ok=True)
        path = self.found / hashlib.sha256(signature.encode()).hexdigest()[:12]
        path.write_bytes(data)
        path.with_suffix(".txt").write_text(f"{signature}\n{data!r}\n\n{raised}", encoding="utf-8", errors="backslashreplace")
        return path


def _ring(*_: object) -> None:
    raise HangError


def _signature(error: BaseException) -> str:
    """What was raised, and the last line of ours that it went through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _OURS in Path(frame.filename).parents]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    said = str(error).splitlines()[0][:80] if type(error).__name__ == "DefectError" and str(error) else ""
    return f"{type(error).__name__} at {place} {said}".strip()


def guided(run: Run, seeds: Path, seed: int) -> None:
    """Let atheris choose inputs. It does not return: the process ends."""
    import atheris

    pool = [path.read_bytes() for path in sorted(seeds.iterdir())]

    def mutate(data: bytes, longest: int, number: int) -> bytes:
        rng = Random(number)
        if rng.random() < 0.25:
            return bytes(atheris.Mutate(data, longest))
        return mutated(data, pool, run.target.kind, rng, longest)

    def one(data: bytes) -> None:
        run.one(data)
        if run.is_over():
            _end(run)

    limits = [f"-max_len={run.target.longest}", f"-seed={seed}", "-timeout=100000", "-rss_limit_mb=0", "-print_final_stats=0"]
    atheris.Setup([sys.argv[0], *limits, str(seeds)], one, custom_mutator=mutate)
    atheris.Fuzz()


def blind(run: Run, seeds: Path, seed: int) -> None:
    """Mutate the seeds and what became of them, without a look at what they reach."""
    rng = Random(seed)
    pool = [path.read_bytes() for path in sorted(seeds.iterdir())]
    for data in list(pool):
        run.one(data)
    while not run.is_over():
        data = mutated(rng.choice(pool), pool, run.target.kind, rng, run.target.longest)
        run.one(data)
        if rng.random() < 0.02:
            pool[rng.randrange(len(pool))] = data
    _end(run)


def _end(run: Run) -> None:
    print(run.line(), flush=True)
    run.current.unlink()
    # atheris ends the process in its own way otherwise, with a code of its own.
    os._exit(1 if run.defects else 0)


def _targets(traced: bool) -> dict[str, Any]:
    """The targets; traced, what they import tells atheris which code is reached."""
    if traced:
        import atheris

        with atheris.instrument_imports(include=["triggerfish"]):
            from .fuzz_targets import TARGETS

            # Much is imported only where it is needed, which would be too late to be traced.
            for name in _LATE:
                import_module(f"triggerfish.{name}")
    else:
        from .fuzz_targets import TARGETS
    return TARGETS


@click.command()
@click.argument("name", type=click.Choice(NAMES), metavar="TARGET")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True, help="How long to go on.")
@click.option("--seed", type=click.IntRange(1), default=1, show_default=True, help="Decides the mutations.")
@click.option("--found", type=click.Path(file_okay=False, path_type=Path), default="fuzz-found", show_default=True, help="For defects.")
@click.option("--blind", "untraced", is_flag=True, help="Without atheris, even if it is installed.")
@click.option("--again", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Only try this input, as it was kept.")
def main(name: str, minutes: float, seed: int, found: Path, untraced: bool, again: Path | None) -> None:
    """Fuzz TARGET: kuery, eql, lucene (their parsers and what lowers their trees), rules, schema, plan (their loaders) or command."""
    if again is not None:
        _targets(False)[name].check(again.read_bytes())
        return
    traced = not untraced and find_spec("atheris") is not None
    targets = _targets(traced)
    assert set(targets) == set(NAMES)
    target = targets[name]
    seeds = found / f"{name}.corpus"
    seeds.mkdir(parents=True, exist_ok=True)
    for data in target.seeds():
        (seeds / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data[: target.longest])
    run = Run(name, target, minutes, found)
    print(f"{name}: {'coverage-guided' if traced else 'blind'}, {len(list(seeds.iterdir()))} inputs to begin with", flush=True)
    (guided if traced else blind)(run, seeds, seed)


if __name__ == "__main__":
    main()
