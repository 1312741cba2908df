"""Rules to programs: rule types, filters, exceptions."""
