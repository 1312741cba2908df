"""Kuery: grammar, parser, syntax tree, printer."""
