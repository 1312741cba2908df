"""Documents as an analyst expects them: a pass over values that already satisfy a rule."""
