"""The static site generator: load → parse → resolve → draw → render → pack, over plain values."""
