"""Documents from formulas, without a solver: proposals along the structure of the formula."""
