"""Lowering of syntax trees to the intermediate representation."""
