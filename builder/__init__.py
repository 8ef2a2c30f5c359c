"""The static site generator: load → parse → resolve → typeset → render → pack, over plain values."""
