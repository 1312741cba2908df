"""Detection rules: loading them, and where their text stands in its file."""

from ..grammar.source_map import TextMap
from .collection import Duplicate, RuleCollection, RuleFiles, find_rule_files
from .errors import RuleError
from .lowering.rule_types import RULE_TYPES, RuleType
from .rule import Rule, load_rule, rule_from_table
from .rule_files import Member, read_members

__all__ = [
    "RULE_TYPES",
    "Duplicate",
    "Member",
    "Rule",
    "RuleCollection",
    "RuleError",
    "RuleFiles",
    "RuleType",
    "TextMap",
    "find_rule_files",
    "load_rule",
    "read_members",
    "rule_from_table",
]
