"""Tests of the author's own data (`training/own_data/`)."""
