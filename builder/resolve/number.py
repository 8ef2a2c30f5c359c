"""A measured number as a text writes it. Halves are rounded as figures do,
`site_assets/kit/base/rounding.ts`, so that one number reads alike in both."""

import math
import re

FIXED = re.compile(r"\+?,?\.(?P<decimals>\d+)(?P<kind>[f%])")
DOUBT = 2.0**-22
"""Share of a number that single precision leaves in doubt, a few roundings long."""
LEAST = 1e-3
"""No number moves by more than this share of its last digit."""


def written(value: float | int, spec: str) -> str:
    """By a format of Python's, or by one that ends in `p`: percentage points, as `%` without its
    sign. Without a format integers in full, else three significant digits. Raises ValueError for
    what is no format.
    """
    if spec.endswith("p"):
        text = written(value, f"{spec[:-1]}%").removesuffix("%")
    elif spec:
        text = format(_halves_away(value, spec), spec)
    elif isinstance(value, int) or abs(value) >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.3g}"
    return text.replace("-", "−")


def _halves_away(value: float | int, spec: str) -> float | int:
    """Moved away from zero by its own doubt, if decimals are fixed: what is a half but for that is
    rounded up, and to the same side as the mean of the same numbers in another order."""
    fixed = FIXED.fullmatch(spec)
    if fixed is None:
        return value
    decimals = int(fixed["decimals"]) + (2 if fixed["kind"] == "%" else 0)
    doubt = min(abs(value) * DOUBT, LEAST * 10.0**-decimals)
    return value + math.copysign(doubt, value)
