"""Examples that occur more than once. Where one of them trains and another tests, the test split
says what was learnt by heart."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from math import prod

from training.own_data.declaration import TABLE, Declaration
from training.own_data.groups import each_in_a_group
from training.own_data.problem import InBook, Problem, counted

SHARE = 0.01
"""Of all examples: fewer copies change no error by more than that."""
CHANCE = 10
"""How many times more pairs of equal rows there are than independent columns would have, where it
is not for want of different numbers."""


def are_by_chance(rows: Sequence[Sequence[float]], groups: Sequence[str] = ()) -> bool:
    """Whether so many rows are equal because their columns have so few different numbers. Where
    rows stay together by groups, only those of different groups are compared."""
    count = _equal_pairs([None] * len(rows), groups)
    columns = zip(*rows, strict=True)
    by_chance = count * prod(_equal_pairs(column, groups) / count for column in columns)
    return _equal_pairs(rows, groups) <= CHANCE * by_chance


def copies_in(
    examples: Sequence[Hashable],
    declaration: Declaration,
    noun: str,
    name: Callable[[int], str],
    groups: Sequence[str] = (),
) -> list[Problem]:
    """A warning if many examples occur more than once; `name` tells one by its number. Copies in
    one of the groups that stay together are no matter: they are in one split."""
    of = each_in_a_group(groups, len(examples))
    first: dict[Hashable, int] = {}
    elsewhere: dict[Hashable, int] = {}  # the first in another group than the very first
    copies = []
    for i, example in enumerate(examples):
        if of[first.setdefault(example, i)] != of[i]:
            elsewhere.setdefault(example, i)
            copies.append((i, first[example]))
        elif example in elsewhere:
            copies.append((i, elsewhere[example]))
    if len(copies) < max(1, SHARE * len(examples)):
        return []
    copy, original = copies[0]
    if groups:
        another = f"with another '{declaration.group}'"
        one, many = f"a copy of a {noun} {another}", f"copies of {noun}s {another}"
    else:
        one, many = "a copy of another", "copies of others"
    what = f"is {one}" if len(copies) == 1 else f"are {many}"
    message = (
        f"{len(copies)} of {counted(len(examples), noun)} {what}: "
        f"{name(copy)} repeats {name(original)}"
    )
    hint = "what trains comes back in the test split, as if it were new: leave copies out"
    key = "file" if declaration.file else "folder"
    at = InBook((TABLE, declaration.name), key)
    return [Problem("data-copies", at, message, hint, warning=True)]


def _equal_pairs(values: Sequence[Hashable], groups: Sequence[str]) -> int:
    """Twice the number of pairs of equal values, where there are groups in different ones."""

    def pairs(alike: Iterable[Hashable]) -> int:
        return sum(count * (count - 1) for count in Counter(alike).values())

    return pairs(values) - (pairs(zip(values, groups, strict=True)) if groups else 0)
