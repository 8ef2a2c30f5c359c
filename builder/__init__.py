"""The static site generator: load → parse → resolve → render → pack, over plain values."""
