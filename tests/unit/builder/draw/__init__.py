"""Tests of drawing (`builder/draw/`); may use the fakes beside it."""
