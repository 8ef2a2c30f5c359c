"""Tests of measures (`training/measure/`)."""
