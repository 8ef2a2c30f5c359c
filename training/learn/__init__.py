"""Networks, their losses, and how they are fitted. Knows data and what is published, no recipe."""
