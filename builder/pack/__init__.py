"""Bytes that readers get: asset scripts, archives, the PDF. Knows models and pictures, no page."""
