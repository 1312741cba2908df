"""Solver queries, decisions and unsatisfiable cores, independent of the solver."""
