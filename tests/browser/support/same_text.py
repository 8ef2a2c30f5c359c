"""Whether two calculations of a figure say the same: sums in another order round differently."""

import re

NUMBER = re.compile(r"−?\d+(?:,\d{3})*(?:\.\d+)?")


def expect_same_text(found: str, expected: str, what: str) -> None:
    """The same words; numbers may differ by one in the last digit that is shown."""
    compared = f"{what}: {found}, expected {expected}"
    assert NUMBER.sub("#", found) == NUMBER.sub("#", expected), compared
    for ours, theirs in zip(NUMBER.findall(found), NUMBER.findall(expected), strict=True):
        a, b = (float(text.replace(",", "").replace("−", "-")) for text in (ours, theirs))
        decimals = len(theirs.partition(".")[2])
        assert abs(a - b) <= 1.01 * 10**-decimals, compared
