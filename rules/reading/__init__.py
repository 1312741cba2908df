"""Readers of TOML, JSON and YAML that keep the position of each value."""
