"""Tests of resolving (`builder/resolve/`); may use the fakes beside it."""
