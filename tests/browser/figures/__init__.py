"""Tests of figures, each driven as a reader would; may use `support`."""
