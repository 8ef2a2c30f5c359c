"""Tests of `book new` (`builder/new/`); may use the fakes beside it."""
