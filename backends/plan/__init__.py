"""Plans: a program prepared for drawing, so that documents cost no walk, no solver and no matcher each."""
