"""A run over many rules: inputs, compilation, output files, cache, journal."""
