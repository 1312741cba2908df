"""Sigma rules: their documents, log sources, and lowering."""
