"""Measurements, run one by one: `python -m tests.benchmarks.NAME`. Nothing here asserts a time."""
