"""Deciding solver queries with cvc5, from the SMT-LIB rendering of Z3's formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..solver.query import CellName, Decision, Outcome, SolverQuery, unknown
from ..solver.unsat_cores import refutation
from ..z3.smtlib import Script, script

OPTIONS = {
    "strings-exp": "true",
    "produce-models": "true",
    "produce-unsat-assumptions": "true",
    "incremental": "true",
}


def decide(question: SolverQuery) -> Iterator[Decision]:
    """Decide whether the goals of a question are jointly satisfiable; the interface of ``backends.z3.decide.decide``.

    Raises:
        ImportError: cvc5 is not installed.
    """
    yield from decide_script(question, script(question))


def decide_script(question: SolverQuery, script: Script) -> Iterator[Decision]:
    """Decide a question that has been rendered as an SMT-LIB script."""
    import cvc5

    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    for name, value in OPTIONS.items():
        solver.setOption(name, value)
    solver.setOption("tlimit-per", str(question.timeout))
    symbols = cvc5.SymbolManager(terms)
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script.text, "question")
    while not (command := parser.nextCommand()).isNull():
        command.invoke(solver, symbols)
    declared = {str(term).strip("|"): term for term in symbols.getDeclaredTerms()}
    switches = [declared[name] for name in script.assumptions]
    numbers = {str(term): number for number, term in enumerate(switches)}

    def check(chosen: Sequence[int], timeout: int = question.timeout) -> tuple[Outcome, frozenset[int]]:
        answer = solver.checkSatAssuming(*(switches[number] for number in chosen))
        if answer.isUnsat():
            return Outcome.UNSATISFIABLE, frozenset(numbers[str(term)] for term in solver.getUnsatAssumptions())
        return (Outcome.SATISFIABLE if answer.isSat() else Outcome.UNKNOWN), frozenset()

    outcome, core = check(range(len(switches)))
    match outcome:
        case Outcome.SATISFIABLE:
            yield Decision(outcome, _values(solver, declared, script))
        case Outcome.UNSATISFIABLE:
            yield from refutation(question, check, len(switches), core)
        case Outcome.UNKNOWN:
            yield unknown("cvc5 gave no answer")


def _values(solver, declared, script: Script) -> dict[CellName, list[str | int | float]]:  # type: ignore[no-untyped-def]
    """Returns the values of the cells in the current model, as numbers and strings."""
    by_cell: dict[CellName, list[str | int | float]] = {}
    for cell, places in script.cells.items():
        there = [place for place in places if place.there in declared and solver.getValue(declared[place.there]).getBooleanValue()]
        values = [_constant(solver.getValue(declared[place.value])) if place.value in declared else place.usual for place in there]
        by_cell[cell] = list(dict.fromkeys(values))
    return by_cell


def _constant(value) -> str | int | float:  # type: ignore[no-untyped-def]
    if value.isStringValue():
        return str(value.getStringValue())
    if value.isIntegerValue():
        return int(value.getIntegerValue())
    return float(value.getRealValue())
