"""Numbers of single figures, and what their declarations, code and models say twice."""
