"""Files, memory and locks: what every stage stands on. Knows no book."""
