"""`book new`: starters that build as they are. Knows which names are taken."""
