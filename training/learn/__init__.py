"""Networks, their losses, and how they are fitted. Knows data and `run`'s reports, no recipe."""
