"""Field types and the fields of a schema."""
