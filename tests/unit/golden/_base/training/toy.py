"""What listings of the golden cases quote."""

from functools import cache

SIDE = 8


@cache
def pixels(side: int = SIDE) -> int:
    """Pixels of a square image."""
    return side * side


class Toy:
    """A model."""

    def decode(self, z: float) -> str:
        """A drawing, `z` wide."""
        return "~~~" * round(z)
