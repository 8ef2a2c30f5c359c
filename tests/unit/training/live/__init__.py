"""Tests of step graphs (`training/live/`)."""
