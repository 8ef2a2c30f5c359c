"""Tests of the checks of a built site (`builder/check/`); may use the fakes beside it."""
