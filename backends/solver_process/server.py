"""Solver server: the process that reads questions from standard input and writes decisions to standard output.

It isolates the client from a solver that overruns its time, exhausts memory or crashes. It exits with the process
that started it, even in the middle of a question.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

from ..solver.query import Decision, SolverQuery

READY = "ready"
OUT_OF_MEMORY = "out of memory"

_ROOM_TO_REPORT = 0.8
"""Z3's share of the memory, so that Z3 reports exhaustion before the process hits its own limit."""


@dataclass(frozen=True, slots=True)
class Request:
    """A question for one of ``SOLVERS``."""

    solver: str
    question: SolverQuery
    comments: tuple[str, ...] = ()


def _z3(request: Request) -> Iterator[Decision]:
    from ..z3.decide import decide

    return decide(request.question)


def _cvc5(request: Request) -> Iterator[Decision]:
    from ..cvc5.decide import decide

    return decide(request.question)


def _smtlib(request: Request) -> Iterator[str]:
    from ..z3.smtlib import problem

    yield problem(request.question, request.comments)


SOLVERS: dict[str, Callable[[Request], Iterator[object]]] = {"z3": _z3, "cvc5": _cvc5, "smtlib": _smtlib}


def answer(request: Request) -> Iterator[object]:
    """Yields a solver's answers; the last one is final."""
    return SOLVERS[request.solver](request)


def serve(source: BinaryIO, sink: BinaryIO, memory: int) -> None:
    """Answer questions until the input ends.

    Each answer is a pair: whether it is the last for its question, and the decision or, after an exception, its text.

    Args:
        source, sink: streams of pickled questions and answers.
        memory: this process's memory limit in MiB.
    """
    _limit(memory)
    requests: SimpleQueue[Request] = SimpleQueue()
    Thread(target=_read, args=(source, requests), daemon=True).start()

    def send(*message: object) -> None:
        pickle.dump(message, sink)
        sink.flush()

    send(True, READY)
    while True:
        request = requests.get()
        latest: object = None
        try:
            for latest in answer(request):
                send(False, latest)
            send(True, latest)
        except MemoryError:
            send(True, OUT_OF_MEMORY)
            os._exit(1)
        except Exception as error:
            if "memory" in str(error):
                send(True, OUT_OF_MEMORY)
                os._exit(1)
            send(True, f"{type(error).__name__}: {error}")


def _read(source: BinaryIO, requests: SimpleQueue[Request]) -> None:
    """Reads in a thread: Z3 releases the GIL while it works, so the end of the input is noticed at once."""
    try:
        while True:
            requests.put(pickle.load(source))
    except BaseException:
        os._exit(0)


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        pass
    else:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = memory << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from ..z3 import limit_memory

    limit_memory(int(memory * _ROOM_TO_REPORT))


def main() -> None:
    """Serve standard input and output; the command-line argument is the memory limit in MiB."""
    sink = os.fdopen(os.dup(1), "wb")
    # Output that a solver prints would corrupt the stream of answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(sys.stdin.buffer, sink, int(sys.argv[1]))


if __name__ == "__main__":
    main()
