"""The matcher and Z3 give the same answer on random formulas and documents."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import event, given, settings

from formulas import documents, formulas
from triggerfish.backends.z3.decide import holds
from triggerfish.compiler.ir.formula import Formula
from triggerfish.compiler.normal_form.nnf import normalise
from triggerfish.compiler.semantics.match_document import matches
from triggerfish.compiler.values.literals import parse_address, parse_date

PAIRS = int(os.environ.get("TRIGGERFISH_PAIRS", "300"))
"""How many (formula, document) pairs to try."""


def as_z3_sees_it(name: str, value: Any) -> str | int | float:
    match name:
        case "ip":
            return parse_address(value)
        case "when":
            low = parse_date(value, 0).low
            assert low is not None
            return low
        case "flag":
            return int(value)
    return value  # type: ignore[no-any-return]


@settings(max_examples=PAIRS, deadline=None)
@given(formulas, documents)
def test_the_matcher_and_z3_agree(formula: Formula, document: dict[str, list[Any]]) -> None:
    judged = matches(formula, document)
    values = {name: [as_z3_sees_it(name, value) for value in found] for name, found in document.items()}
    opinion = holds(normalise(formula), values, 5_000)
    event(f"matcher {judged}, Z3 {opinion}")
    assert opinion is not None, "Z3 did not decide a pinned document"
    assert opinion == judged
