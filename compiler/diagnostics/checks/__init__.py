"""Lint checks: findings that need no solver, from a query as it is written and as it was compiled."""
