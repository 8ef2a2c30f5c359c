"""Tests of the builder, room by room; whole builds here, with a book in memory and a fake Node."""
