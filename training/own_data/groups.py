"""Which rows train and which are held out, where some belong together: the windows of a machine,
the visits of a patient. What is learnt of one of them is known of the others, so all are in one
split."""

from collections import Counter
from collections.abc import Hashable, Sequence

HELD_OUT = 0.2
"""Share of the examples in the validation split, and in the test split."""
MINIMUM_GROUPS = 5
"""Of fewer equal groups one is more than a fifth, and three at least must train for what differs
from group to group to be learnt."""
LARGEST = 1.5
"""How many times its share a held-out split may get by a single group."""


def held_out(rows: int) -> int:
    """How many of so many rows the validation split should have, and the test split."""
    return round(HELD_OUT * rows)


def can_only_train(size: int, rows: int) -> bool:
    """Whether a group of that size is too large for a held-out split of so many rows in all."""
    return size > LARGEST * held_out(rows)


def each_in_a_group(groups: Sequence[Hashable], rows: int) -> Sequence[Hashable]:
    """The group of each row; where none are told, each row is one of its own."""
    return groups or range(rows)


def deal(groups: Sequence[Hashable], order: Sequence[int]) -> dict[str, list[int]]:
    """The rows of each split, in the order given, whole groups together.

    Groups come up as the first row of each in the file does. A held-out split takes those that it
    still has room for, and then the smallest of the others, if that brings it nearer to its share;
    so it is off by less than half a group, if no more than three fifths of the rows are of groups
    that can only train. Where each row is a group of its own, the first fifth validates and the
    second tests.
    """
    sizes = Counter(groups)
    first = dict(zip(reversed(groups), reversed(range(len(groups))), strict=True))
    split = {groups[row]: "train" for row in order if first[groups[row]] == row}
    for name in ("validation", "test"):
        room = held_out(len(groups))
        free = [group for group, of in split.items() if of == "train"]
        for group in free:
            if sizes[group] <= room:
                split[group] = name
                room -= sizes[group]
        others = (group for group in free if split[group] == "train")
        smallest = min(others, key=sizes.__getitem__)
        if sizes[smallest] < 2 * room:
            split[smallest] = name
    return {
        name: [row for row in order if split[groups[row]] == name]
        for name in ("train", "validation", "test")
    }
