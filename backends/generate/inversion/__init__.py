"""Inverting functions: arguments for which a function takes a required value."""
