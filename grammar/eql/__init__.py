"""EQL: grammar, parser, syntax tree, printer."""
