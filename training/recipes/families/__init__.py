"""What several recipes share: one family of models a module. Knows what recipes know."""
