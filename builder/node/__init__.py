"""What talks to Node. Knows one process and its messages, no book."""
