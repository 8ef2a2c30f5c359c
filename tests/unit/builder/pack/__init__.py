"""Tests of packing (`builder/pack/`); may use the fakes beside it."""
