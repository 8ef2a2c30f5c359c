"""Tests of loading (`builder/load/`); may use the fakes beside it."""
