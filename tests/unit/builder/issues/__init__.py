"""Tests of issues and allowances (`builder/issues/`); may use the fakes beside it."""
