"""Names by content: hashes, canonical text, and the scripts that carry an asset."""

from __future__ import annotations

import hashlib
import json

ASSET = b"book.asset("
"""How the script of an asset begins."""


def digest(*parts: bytes | str) -> str:
    """SHA-256 in hex; (“ab”, “c”) and (“a”, “bc”) give different ones."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(f"{len(data)}:".encode())
        state.update(data)
    return state.hexdigest()


def canonical(value: object) -> str:
    """JSON that is the same text for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hashed_name(name: str, data: bytes, ending: str = "") -> str:
    """`assets/NAME-HASH8` with the ending at the end."""
    return f"assets/{name}-{hashlib.sha256(data).hexdigest()[:8]}{ending}"


def asset_script(key: str, encoded: bytes) -> bytes:
    """The classic script that registers an asset; `encoded` is gzip in base64."""
    return ASSET + json.dumps(key).encode() + b',"' + encoded + b'");\n'
