"""Tests of all that stands around figures: pages, cells, search, offline, preview, security."""
