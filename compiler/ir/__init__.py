"""The typed intermediate representation: formulas over one document, and programs over several."""
