"""What the builder asks of Node, and the types of that on both sides."""
