"""Deciding programs and rules: satisfiable, unsatisfiable or unknown; dead alternatives; redundancy."""
