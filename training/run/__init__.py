"""Tells which models are stale, trains them, and reports progress. Knows recipes by name only."""
