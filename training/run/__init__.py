"""What trains which models, and says how far it is. Knows recipes by name only."""
