"""Tests of the data sets (`training/data/`)."""
