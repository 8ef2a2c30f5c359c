"""Tests of the preview (`builder/preview/`); may use the fakes beside it."""
