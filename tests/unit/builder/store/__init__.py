"""Tests of files and of what builds remember (`builder/store/`); may use the fakes beside it."""
