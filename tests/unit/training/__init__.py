"""Tests of training, room by room; no browser, no builder but for the twins."""
