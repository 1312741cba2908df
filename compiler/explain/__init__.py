"""Why conditions cannot hold together, and what a formula requires of a field."""
