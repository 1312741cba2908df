"""Solvers in a process of their own, which a hard limit can end."""
