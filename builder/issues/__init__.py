"""What an author got wrong, and what may be allowed. Knows texts and places in them."""
