"""Measurements: what Triggerfish does with many rules, and how fast."""
