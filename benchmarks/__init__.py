"""Benchmarks: correctness and speed on many rules."""
