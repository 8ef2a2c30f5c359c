"""What takes Node: bundles, formulas, frames, posters, cells. Knows resolved pages; writes none."""
