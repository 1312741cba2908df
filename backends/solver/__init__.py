"""Queries to a solver and unsatisfiable cores, independent of which solver."""
