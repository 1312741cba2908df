"""Conditions of Sigma rules: grammar, syntax tree, parser."""
