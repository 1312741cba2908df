"""The table of lint checks."""

from __future__ import annotations

from ..diagnostic import Diagnostic
from .checked_query import Check, CheckedQuery
from .field_values import blocks_on_keywords, command_line_arguments, literal_question_marks, ports, split_values
from .foreign_syntax import foreign_syntax
from .operators import (
    dangling_operators,
    escaping_alternatives,
    lists_without_operator,
    lower_case_operators,
    unshared_keys,
    values_outside_lists,
)
from .paths import control_characters, dotted_extensions, doubled_separators, foreign_paths, paths_in_names, surrounding_blanks
from .values import literal_quotes, literal_wildcards, tests_without_field, unknown_datasets, unknown_fields, values_outside

CHECKS: tuple[Check, ...] = (
    literal_wildcards,
    literal_quotes,
    values_outside,
    unknown_datasets,
    unknown_fields,
    tests_without_field,
    escaping_alternatives,
    lower_case_operators,
    values_outside_lists,
    lists_without_operator,
    dangling_operators,
    unshared_keys,
    doubled_separators,
    control_characters,
    surrounding_blanks,
    paths_in_names,
    dotted_extensions,
    foreign_paths,
    foreign_syntax,
    literal_question_marks,
    split_values,
    ports,
    blocks_on_keywords,
    command_line_arguments,
)


def read_findings(query: CheckedQuery) -> tuple[Diagnostic, ...]:
    """The findings of all checks of a query, in the order of its text; Sigma rules have checks of their own."""
    if query.language == "sigma":
        return ()
    findings = [finding for check in CHECKS for finding in check(query)]
    return tuple(sorted(findings, key=lambda finding: finding.spans[0]))
