"""Conversions of Sigma rules by pySigma's backends, as texts of queries."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..reading.yaml_nodes import plain
from .document import SigmaRule
from .pipelines import PipelineError, load_pipelines

LANGUAGES = {"lucene": "lucene", "eql": "eql"}
"""By backend of pySigma, the language of its queries; of others, nothing can be said."""


class ConversionError(ValueError):
    """pySigma cannot convert a rule; the message says why."""


def converted(rule: SigmaRule, backend: str) -> list[str]:
    """The queries that a backend makes of a rule: a match of any of them is a match.

    Raises:
        PipelineError: pySigma or the backend is not installed, or there is no such pipeline.
        ConversionError: the rule cannot be converted.
    """
    try:
        plugins = import_module("sigma.plugins").InstalledSigmaPlugins.autodiscover()
        collections: Any = import_module("sigma.collection")
        backends = plugins.backends
    except ImportError:
        raise PipelineError("conversions need pySigma: pip install 'triggerfish[sigma]'") from None
    if backend not in backends:
        raise PipelineError(f"the backend `{backend}` is not installed: pip install 'triggerfish[sigma]'")
    pipeline = load_pipelines(rule.pipelines) if rule.pipelines else None
    table = plain(rule.document.node)
    try:
        return [str(query) for query in backends[backend](pipeline).convert(collections.SigmaCollection.from_dicts([table]))]
    except Exception as error:
        # Of rules that they do not support, backends raise whatever their parts raise.
        raise ConversionError(" ".join(str(error).split())) from None
