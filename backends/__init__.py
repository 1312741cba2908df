"""Backends: what is derived from a compiled program, such as proofs, documents, mappings and reports."""
