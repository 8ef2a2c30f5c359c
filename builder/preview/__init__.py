"""What `book serve` shows, and how it follows changes. Knows a build from the outside."""
