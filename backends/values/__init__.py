"""Sets of values of each kind of field: draw, intersect, imply, exclude."""
