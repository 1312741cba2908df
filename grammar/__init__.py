"""Kuery and EQL: text to syntax tree with source spans, and back to text."""
