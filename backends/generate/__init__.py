"""Generating documents from formulas without a solver, guided by the structure of the formula."""
