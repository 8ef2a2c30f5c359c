"""Resolved pages and drawings to HTML, and what is made of all pages together. Knows nothing of how
figures are drawn; reads what `draw` and `pack` hand over.
"""
