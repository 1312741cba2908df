"""The ``eql`` package as an independent engine for EQL queries."""
