"""The author's own data: what `content/book.toml` declares, read and checked without torch.

The builder reads the same to say what is wrong and where, so that there is one reader for both.
"""
