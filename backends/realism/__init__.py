"""Realistic documents: a pass that replaces values that already satisfy a rule by plausible ones."""
