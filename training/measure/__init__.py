"""What is measured of a model or a data set. Knows numbers, no network."""
