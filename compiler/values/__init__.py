"""Values of fields: literals, patterns, regular expressions, text analysis, functions."""
