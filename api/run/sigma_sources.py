"""Sigma rules with what a run adds to them: the values of placeholders, and processing pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ...compiler.file_input import reason
from ...grammar.errors import TriggerfishError
from ...rules import Rule, RuleError
from ...rules.reading.text_file import read_text
from ...rules.reading.yaml_nodes import plain, read_nodes
from ...rules.sigma.document import SigmaRule
from ...rules.sigma.pipelines import PipelineError, load_pipelines
from ...rules.sigma.values import Placeholders
from .inputs import RuleMember, Source

__all__ = ["PipelineError", "PlaceholderError", "prepared", "read_placeholders"]


class PlaceholderError(TriggerfishError):
    """A file of placeholders that cannot be read; the message says which and why."""


def read_placeholders(path: str) -> Placeholders:
    """The values of placeholders in a YAML file: a mapping of names to values or lists of values.

    Raises:
        PlaceholderError: it cannot be read, or is not such a mapping.
    """
    try:
        documents = read_nodes(read_text(Path(path)), Path(path))
    except RuleError as error:
        raise PlaceholderError(str(error)) from None
    except OSError as error:
        raise PlaceholderError(f"{path}: {reason(error)}") from None
    found = plain(documents[0]) if len(documents) == 1 else None
    if not isinstance(found, dict):
        raise PlaceholderError(f"{path}: placeholders are a mapping of names to values")
    values = {name.strip("%"): tuple(value) if isinstance(value, list) else (value,) for name, value in found.items()}
    for name, listed in values.items():
        if not listed or not all(isinstance(each, str | int | float) for each in listed):
            raise PlaceholderError(f"{path}: the values of `{name}` are not strings or numbers")
    return values


def prepared(sources: Iterable[Source], placeholders: str | None, pipelines: tuple[str, ...]) -> Iterable[Source]:
    """The sources; their Sigma rules know the values of placeholders and their pipelines.

    Args:
        sources: the sources.
        placeholders: a file of placeholders, if there is one.
        pipelines: names or files of processing pipelines.

    Raises:
        PlaceholderError, PipelineError: the file cannot be read, or there is no such pipeline.
    """
    if placeholders is None and not pipelines:
        return sources
    values = {} if placeholders is None else read_placeholders(placeholders)
    if pipelines:
        load_pipelines(pipelines)
    return _prepared(sources, values, pipelines)


def _prepared(sources: Iterable[Source], placeholders: Placeholders, pipelines: tuple[str, ...]) -> Iterator[Source]:
    for source in sources:
        if isinstance(source, RuleMember) and isinstance(source.member.rule, Rule) and source.member.rule.sigma is not None:
            rule = source.member.rule
            sigma = _each(source.member.rule.sigma, placeholders, pipelines)
            source = RuleMember(replace(source.member, rule=replace(rule, sigma=sigma)))
        yield source


def _each(rule: SigmaRule, placeholders: Placeholders, pipelines: tuple[str, ...]) -> SigmaRule:
    others = tuple((name, _each(other, placeholders, pipelines)) for name, other in rule.others)
    return replace(rule, placeholders=placeholders, pipelines=pipelines, others=others)
