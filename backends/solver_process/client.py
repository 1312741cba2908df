"""Solver client: sends queries to a solver process that can be killed.

The process starts with the first question, answers questions one at a time, and is replaced after it was killed or
crashed. If it cannot be started (no interpreter, no permission), the question is answered in this process, limited only
by the solver's own timeout.
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
    """A client of one solver process.

    Args:
        memory: the process's memory limit in MiB.

    Attributes:
        asked: the number of questions so far.
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
        """The process's id; None while it is not running."""
        return self._process.pid if self._process is not None else None

    def ask(self, solver: str, question: SolverQuery, seconds: float) -> Decision:
        """Send a question to a solver and return its decision.

        Args:
            solver: ``z3`` or ``cvc5``.
            question: the question; its timeout is reduced to the time that is left.
            seconds: the process is killed after this time. The last decision before then is returned.
        """
        if seconds <= 0:
            return unknown("no time was left")
        soft = min(question.timeout, max(1, int(seconds * 1000)))
        answer, why = self._exchange(Request(solver, replace(question, timeout=soft)), seconds)
        if isinstance(answer, Decision):
            return answer
        if why:
            return unknown(why)
        if answer == OUT_OF_MEMORY:
            # The process is about to exit and must not get another question.
            self.close()
            return unknown(f"the memory limit of {self.memory} MiB ended it")
        return unknown(f"the solver failed: {answer}")

    def smtlib(self, question: SolverQuery, comments: tuple[str, ...], seconds: float) -> str | None:
        """Returns the question as an SMT-LIB file; None on a timeout."""
        answer, why = self._exchange(Request("smtlib", question, comments), seconds)
        return answer if isinstance(answer, str) and not why and answer.endswith("(check-sat)\n") else None

    def close(self) -> None:
        """Kill the process."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.wait()
        assert process.stdin is not None
        # Its input buffer cannot be flushed any more.
        with suppress(OSError):
            process.stdin.close()

    def _exchange(self, request: Request, seconds: float) -> tuple[object, str]:
        """Returns the last answer, and the reason if it is not the final one."""
        with self._lock:
            self.asked += 1
            if not self._started():
                return list(answer(request))[-1], ""
            process = self._process
            assert process is not None and process.stdin is not None
            try:
                pickle.dump(request, process.stdin)
                process.stdin.flush()
                patience = request.question.patience / 1000
                return self._receive(process, seconds, patience)
            except BrokenPipeError:
                return None, self._ended(process)
            except BaseException:
                self.close()
                raise

    def _receive(self, process: subprocess.Popen[bytes], seconds: float, patience: float) -> tuple[object, str]:
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
            if patience and isinstance(latest, Decision) and latest.outcome is Outcome.UNSATISFIABLE:
                # The verdict stands; what follows are better reasons, for which a solver may overrun its time.
                until = min(until, monotonic() + 2 * patience)

    def _ended(self, process: subprocess.Popen[bytes]) -> str:
        """Describes how the process ended unexpectedly."""
        self.close()
        code = process.returncode
        if code is not None and code < 0:
            return f"the solver crashed ({signal.Signals(-code).name})"
        return f"the solver ended with code {code}"

    def _started(self) -> bool:
        """Starts the process if necessary; returns whether it is running."""
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
    """Starts a process in its own session, so that Ctrl-C reaches only the client."""
    if not sys.executable:
        raise ValueError("there is no Python to start")
    assert __package__
    # multiprocessing would run the user's script again, and this package may be importable only with this process's `sys.path`.
    command = [sys.executable, "-c", _BOOT.format(package=__package__), str(memory), json.dumps(sys.path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)


def _listen(stream: BinaryIO, messages: SimpleQueue[tuple[bool, object] | None]) -> None:
    """Puts the process's answers on a queue; None at the end of its output."""
    try:
        with stream:
            while True:
                messages.put(pickle.load(stream))
    except Exception:
        messages.put(None)


@cache
def shared_client(memory: int) -> SolverClient:
    """Returns the default client of this process, which is closed at exit."""
    client = SolverClient(memory)
    atexit.register(client.close)
    return client


def disagreement(first: Decision, second: Decision) -> bool:
    """Whether one decision is satisfiable and the other unsatisfiable."""
    return {first.outcome, second.outcome} == {Outcome.SATISFIABLE, Outcome.UNSATISFIABLE}
