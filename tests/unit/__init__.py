"""What needs no built book: rooms of the same names as the code's, and golden cases."""
