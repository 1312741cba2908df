"""Solvers in a separate process, which can be killed at a hard limit."""
