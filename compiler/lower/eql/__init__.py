"""Lowering of EQL."""
