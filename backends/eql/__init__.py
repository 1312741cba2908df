"""The ``eql`` package as a second opinion on what a query matches."""
