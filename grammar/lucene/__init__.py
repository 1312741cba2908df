"""Lucene query strings: grammar, parser, syntax tree."""
