"""Tests of files, memory and locks (`builder/store/`); may use the fakes beside it."""
