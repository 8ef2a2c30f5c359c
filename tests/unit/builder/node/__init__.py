"""Tests of the Node service (`builder/node/`); may use the fakes beside it."""
