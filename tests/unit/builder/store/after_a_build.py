"""Imported where builds are forked by the dozen: the libraries that one loads, all find loaded.

To read them anew took each of these builds many times as long as to build.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

# The fork server of Python 3.11 does not look where its parent does, and says nothing of what it
# does not find.
sys.path.append(str(Path(__file__).parents[4] / "site_assets/python"))

from tests.unit.builder.store.test_atomic import build_edition, start_book

with tempfile.TemporaryDirectory() as folder:
    start_book(Path(folder))
    build_edition(Path(folder), 0)
