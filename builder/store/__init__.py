"""Files, and what builds remember: what every stage stands on. Knows no book."""
