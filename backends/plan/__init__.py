"""Plans: a program compiled to templates, so that drawing a document needs no walk, solver or matcher."""
