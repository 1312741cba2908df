"""Compares rules: what one catches and another does not, with a proof or an event that shows it."""
