"""Diagnostics, their codes, and lint checks that need no solver."""
