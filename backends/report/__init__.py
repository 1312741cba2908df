"""Reports on compiled rules, for programs and for people, and their documents as bytes."""
