"""Reads everything that a build depends on into plain values. Knows files, no page."""
