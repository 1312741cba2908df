"""Asking solvers in a process that can be killed.

The process starts with the first question, takes one after the other, and is replaced when it had to be killed or
crashed. Where none can be started (no interpreter to start, no rights), the question is answered in this process, and
then only the solver's own sense of time bounds it.
"""

from __future__ import annotations

import atexit
import json
import os
import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from functools import cache
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import BinaryIO

from ..limits import ended_by
from ..solver.query import Decision, Outcome, SolverQuery, unknown
from .server import OUT_OF_MEMORY, Request, answer

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); from {package}.server import main; main()"
_SECONDS_TO_START = 60.0


class SolverClient:
    """A solver process and the road to it.

    Args:
        memory: MiB that it may take.

    Attributes:
        asked: how often it was asked anything.
    """

    def __init__(self, memory: int = 2048) -> None:
        self.memory = memory
        self.asked = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._messages: SimpleQueue[tuple[bool, object] | None] = SimpleQueue()
        self._owner = os.getpid()
        self._lock = Lock()

    @property
    def pid(self) -> int | None:
        """The process's id while there is one."""
        return self._process.pid if self._process is not None else None

    def ask(self, solver: str, question: SolverQuery, seconds: float) -> Decision:
        """What a solver says of a question.

        Args:
            solver: ``z3`` or ``cvc5``.
            question: the question; its own limit on a check is cut down to the time there is.
            seconds: after these the process is killed. What it had found out by then counts.
        """
        if seconds <= 0:
            return unknown("no time was left")
        soft = min(question.timeout, max(1, int(seconds * 1000)))
        found, why = self._exchange(Request(solver, replace(question, timeout=soft)), seconds)
        if isinstance(found, Decision):
            return found
        if why:
            return unknown(why)
        if found == OUT_OF_MEMORY:
            # It ends by itself, and must not be asked again before it does.
            self.close()
            return unknown(f"the memory limit of {self.memory} MiB ended it")
        return unknown(f"the solver failed: {found}")

    def smtlib(self, question: SolverQuery, comments: tuple[str, ...], seconds: float) -> str | None:
        """The question as an SMT-LIB file; None when it could not be written in time."""
        found, why = self._exchange(Request("smtlib", question, comments), seconds)
        return found if isinstance(found, str) and not why and found.endswith("(check-sat)\n") else None

    def close(self) -> None:
        """End the process, whatever it does."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.wait()
        assert process.stdin is not None
        # What is still in its buffer cannot be written any more.
        with suppress(OSError):
            process.stdin.close()

    def _exchange(self, request: Request, seconds: float) -> tuple[object, str]:
        """The last thing that was answered, and what ended it if it was not the last of all."""
        with self._lock:
            self.asked += 1
            if not self._started():
                return list(answer(request))[-1], ""
            process = self._process
            assert process is not None and process.stdin is not None
            try:
                pickle.dump(request, process.stdin)
                process.stdin.flush()
                return self._receive(process, seconds)
            except BrokenPipeError:
                return None, self._ended(process)
            except BaseException:
                self.close()
                raise

    def _receive(self, process: subprocess.Popen[bytes], seconds: float) -> tuple[object, str]:
        until = monotonic() + seconds
        latest: object = None
        while True:
            try:
                message = self._messages.get(timeout=max(0.0, until - monotonic()))
            except Empty:
                self.close()
                return latest, ended_by(seconds)
            if message is None:
                return latest, self._ended(process)
            last, latest = message
            if last:
                return latest, ""

    def _ended(self, process: subprocess.Popen[bytes]) -> str:
        """How a process ended that was not to."""
        self.close()
        code = process.returncode
        if code is not None and code < 0:
            return f"the solver crashed ({signal.Signals(-code).name})"
        return f"the solver ended with code {code}"

    def _started(self) -> bool:
        """Whether there is a process, which is started if there was none."""
        if self._process is not None and self._owner == os.getpid() and self._process.poll() is None:
            return True
        self._process, self._owner = None, os.getpid()
        try:
            process = _start(self.memory)
        except (OSError, ValueError):
            return False
        assert process.stdout is not None
        self._messages = SimpleQueue()
        Thread(target=_listen, args=(process.stdout, self._messages), daemon=True).start()
        try:
            first = self._messages.get(timeout=_SECONDS_TO_START)
        except Empty:
            first = None
        except BaseException:
            process.kill()
            raise
        self._process = process
        if first is None:
            self.close()
            return False
        return True


def _start(memory: int) -> subprocess.Popen[bytes]:
    """A new process; its own session keeps Ctrl-C, which is for us to handle, from it."""
    if not sys.executable:
        raise ValueError("there is no Python to start")
    assert __package__
    # multiprocessing would run the user's own script again, and this package may be found where only this process looks.
    command = [sys.executable, "-c", _BOOT.format(package=__package__), str(memory), json.dumps(sys.path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)


def _listen(stream: BinaryIO, messages: SimpleQueue[tuple[bool, object] | None]) -> None:
    """Pass on what a process says; None once it says no more."""
    try:
        with stream:
            while True:
                messages.put(pickle.load(stream))
    except Exception:
        messages.put(None)


@cache
def shared_judge(memory: int) -> SolverClient:
    """The one that all who name none of their own use; it ends with this process."""
    judge = SolverClient(memory)
    atexit.register(judge.close)
    return judge


def disagreement(first: Decision, second: Decision) -> bool:
    """Whether one says that it can be and the other that it cannot."""
    return {first.outcome, second.outcome} == {Outcome.SATISFIABLE, Outcome.UNSATISFIABLE}
