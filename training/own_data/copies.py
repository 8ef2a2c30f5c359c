"""Examples that occur more than once. Where one of them trains and another tests, the test split
says what was learnt by heart."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from math import prod

from training.own_data.declaration import TABLE, Declaration
from training.own_data.problem import InBook, Problem, counted

SHARE = 0.01
"""Of all examples: fewer copies change no error by more than that."""
CHANCE = 10
"""How many times more pairs of equal rows there are than independent columns would have, where it
is not for want of different numbers."""


def are_by_chance(rows: Sequence[Sequence[float]]) -> bool:
    """Whether so many rows are equal because their columns have so few different numbers."""
    count = len(rows) * (len(rows) - 1)
    by_chance = count * prod(_equal_pairs(column) / count for column in zip(*rows, strict=True))
    return _equal_pairs(rows) <= CHANCE * by_chance


def copies_in(
    examples: Sequence[Hashable],
    declaration: Declaration,
    noun: str,
    name: Callable[[int], str],
) -> list[Problem]:
    """A warning if many examples occur more than once; `name` tells one by its number."""
    first: dict[Hashable, int] = {}
    copies = [(i, first[one]) for i, one in enumerate(examples) if first.setdefault(one, i) != i]
    if len(copies) < max(1, SHARE * len(examples)):
        return []
    copy, original = copies[0]
    what = "is a copy of another" if len(copies) == 1 else "are copies of others"
    message = (
        f"{len(copies)} of {counted(len(examples), noun)} {what}: "
        f"{name(copy)} repeats {name(original)}"
    )
    hint = "what trains comes back in the test split, as if it were new: leave copies out"
    key = "file" if declaration.file else "folder"
    at = InBook((TABLE, declaration.name), key)
    return [Problem("data-copies", at, message, hint, warning=True)]


def _equal_pairs(values: Sequence[Hashable]) -> int:
    """Twice the number of pairs of equal values."""
    return sum(count * (count - 1) for count in Counter(values).values())
