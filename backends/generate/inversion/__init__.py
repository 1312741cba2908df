"""Inverting functions: finding arguments for which a function returns a required value."""
