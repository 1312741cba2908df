"""The Python API and the commands."""
