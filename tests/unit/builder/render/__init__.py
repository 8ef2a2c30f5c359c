"""Tests of pages (`builder/render/`); may use the fakes beside it."""
