"""The book's tests."""
