"""How the rules of a run are spread over processes."""
