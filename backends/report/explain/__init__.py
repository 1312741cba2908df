"""Explanations of a query, as text and as a tree."""
