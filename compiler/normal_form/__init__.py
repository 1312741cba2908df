"""Negation normal form and the alternatives of a formula."""
