"""The wheel of the base book."""
