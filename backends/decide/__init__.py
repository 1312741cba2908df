"""Deciding programs and rules: satisfiability, dead alternatives and redundant conditions."""
