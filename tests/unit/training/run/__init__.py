"""Tests of `book train` (`training/run/`)."""
