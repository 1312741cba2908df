"""Z3: the judge of what cannot be. Only this package imports z3."""
