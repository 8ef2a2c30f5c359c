"""Rows that belong together are dealt to one split, and what the splits say stays as it was where
none do. What is wrong with groups is told by the golden cases `error-data-group` and others."""

from collections.abc import Sequence

import numpy as np
import pytest

from training.own_data.declaration import Declaration
from training.own_data.groups import (
    HELD_OUT,
    MINIMUM_GROUPS,
    can_only_train,
    deal,
    held_out,
)
from training.own_data.pictures import Pictures
from training.own_data.read import read_data
from training.own_data.table import MINIMUM_ROWS, Table
from training.recipes.families import own_recipe

SEEDS = range(1, 40)


def order_of(rows: int, seed: int) -> list[int]:
    order: list[int] = np.random.default_rng(seed).permutation(rows).tolist()
    return order


def machines(seed: int) -> list[str]:
    """The machine of each row, machines of very different sizes among them, in any order."""
    rng = np.random.default_rng(seed)
    while True:
        sizes = np.ceil(rng.lognormal(2, rng.uniform(0, 1.6), rng.integers(MINIMUM_GROUPS, 60)))
        rows = int(sizes.sum())
        large = sum(int(size) for size in sizes if can_only_train(int(size), rows))
        if rows >= MINIMUM_ROWS and large <= rows - 2 * held_out(rows):
            named = [f"m{i}" for i, size in enumerate(sizes) for _ in range(int(size))]
            return [named[row] for row in rng.permutation(rows)]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_group_is_in_two_splits_and_shares_are_as_near_as_groups_allow(seed: int) -> None:
    groups = machines(seed)
    sizes = {group: groups.count(group) for group in groups}
    for dealt_by in (7, 8, 9):
        splits = deal(groups, order_of(len(groups), dealt_by))
        assert sorted(row for split in splits.values() for row in split) == [*range(len(groups))]
        of = {name: {groups[row] for row in split} for name, split in splits.items()}
        assert sum(map(len, of.values())) == len(sizes), "no group is in two splits"
        assert all(splits.values())
        can_be_held = [s for s in sizes.values() if not can_only_train(s, len(groups))]
        for name in ("validation", "test"):
            off = abs(len(splits[name]) - HELD_OUT * len(groups))
            assert off <= 0.5 + max(can_be_held) / 2
            assert all(not can_only_train(sizes[group], len(groups)) for group in of[name])


def test_groups_of_all_sizes_fill_their_shares_to_the_row() -> None:
    groups = [f"patient {i}" for i in range(160) for _ in range(1 + i % 5)]
    for seed in SEEDS:
        splits = deal(groups, order_of(480, seed))
        assert [len(rows) for rows in splits.values()] == [288, 96, 96]


def test_the_seed_alone_decides_which_groups_go_where() -> None:
    groups = machines(3)
    deals = [deal(groups, order_of(len(groups), seed)) for seed in (7, 7, 8)]
    assert deals[0] == deals[1]
    assert {groups[row] for row in deals[0]["test"]} != {groups[row] for row in deals[2]["test"]}
    renamed = deal([f"another {group}" for group in groups], order_of(len(groups), 7))
    assert renamed == deals[0], "what groups are called is no matter"


def test_a_large_group_is_held_out_by_some_seeds_and_not_by_most() -> None:
    """Of rows in a random order the first of a large group comes early: it would nearly always be
    held out."""
    groups = [f"m{i}" for i in range(20) for _ in range(15 if i == 0 else 5)]
    assert groups.index("m1") == 15, "row 0 is of the large one"
    deals = [deal(groups, order_of(len(groups), seed)) for seed in range(300)]
    for name in ("validation", "test"):
        share = sum(0 in splits[name] for splits in deals) / len(deals)
        assert 0.05 < share <= HELD_OUT + 0.05


def test_five_groups_of_nearly_a_fifth_each_are_three_one_and_one() -> None:
    groups = [f"m{row // 13}" for row in range(60)]
    for seed in SEEDS:
        splits = deal(groups, order_of(60, seed))
        assert [len({groups[row] for row in split}) for split in splits.values()] == [3, 1, 1]


@pytest.mark.parametrize("rows", [50, 57, 60, 178, 1003])
@pytest.mark.parametrize("seed", [7, 4711])
def test_without_groups_the_splits_are_those_of_before(rows: int, seed: int) -> None:
    """The first fifth of the seed's order validates, the second tests, in that order."""
    order = np.random.default_rng(seed).permutation(rows)
    held = round(rows / 5)
    expected = {
        "train": order[2 * held :],
        "validation": order[:held],
        "test": order[held : 2 * held],
    }
    numbers = np.random.default_rng(1).normal(size=(rows, 3))
    labels = tuple("abc"[row % 3] for row in range(rows))
    table = Table(("a", "b", "c"), tuple(map(tuple, numbers.tolist())), labels)
    ink = tuple(np.random.default_rng(row).bytes(16) for row in range(rows))
    alone = Table(table.columns, table.rows, labels, tuple(f"m{row}" for row in range(rows)))
    for data, settings in (
        (table, {}),
        (alone, {"group": "m"}),
        (Pictures(4, ink, labels), {"folder": "p"}),
    ):
        declaration = Declaration("t", "", "real", file="t.csv", seed=seed, **settings)
        prepared = own_recipe.prepare(declaration, data)
        x, *_ = own_recipe.scaled(declaration, data, expected["train"])
        for name, split in prepared.dataset.splits().items():
            assert split.x.tobytes() == x[expected[name]].tobytes()
            assert split.labels.tolist() == [row % 3 for row in expected[name]]


def read(
    rows: Sequence[str], header: str = "a,b,c,machine", **settings: object
) -> tuple[Table, list[str]]:
    """The table of rows, and what is said of it."""
    declaration = Declaration("t", "", "real", file="t.csv", **settings)  # type: ignore[arg-type]
    text = "\n".join([header, *rows])
    data, problems = read_data(declaration, {declaration.path: text.encode()})
    assert isinstance(data, Table), problems
    return data, [problem.message for problem in problems]


def test_the_group_is_no_column_that_trains_and_the_card_tells_it() -> None:
    rows = [f"{i * i % 61},{i * 7 % 59},{i % 7},{i // 5}" for i in range(60)]
    data, said = read(rows, group="machine")
    assert said == []
    assert data.columns == ("a", "b", "c")
    assert data.groups[:6] == ("0", "0", "0", "0", "0", "1")
    declaration = Declaration("t", "", "real", file="t.csv", group="machine")
    prepared = own_recipe.prepare(declaration, data)
    # 12 machines of 5 rows: a fifth, of 12 rows, is nearest to two
    splits = {"train": 8, "validation": 2, "test": 2}
    assert prepared.details["groups"] == {"column": "machine", "splits": splits}
    assert {name: len(split) for name, split in prepared.dataset.splits().items()} == {
        name: 5 * count for name, count in splits.items()
    }
    assert (
        "groups" not in own_recipe.prepare(declaration, Table(data.columns, data.rows, ())).details
    )


def test_rows_of_no_group_are_left_out_where_the_author_says_so() -> None:
    rows = [f"{i * i % 61},{i * 7 % 59},{i % 7},{i // 5}" for i in range(60)]
    rows[3] = "9,7,3,?"
    data, said = read(rows, group="machine", missing=("?",))
    assert said == ["1 row of 60 left out"]
    assert len(data.groups) == len(data.rows) == 59


def copied(pairs: Sequence[tuple[int, int]]) -> list[str]:
    """Sixty rows of twelve machines, of which some copy others: (copy, original)."""
    numbers = [f"{i * i % 61},{i * 7 % 59},{i % 7}" for i in range(60)]
    for copy, original in pairs:
        numbers[copy] = numbers[original]
    return [f"{row},{i // 5}" for i, row in enumerate(numbers)]


def test_copies_in_one_group_are_no_leak() -> None:
    inside = copied([(1, 0), (2, 0), (7, 5), (12, 10)])
    assert read(inside, columns=("a", "b", "c"))[1] == [
        "4 of 60 rows are copies of others: line 3 repeats line 2"
    ]
    assert read(inside, group="machine")[1] == []


def test_copies_in_another_group_are_told_wherever_the_first_stands() -> None:
    """Rows 0 and 1 are of one machine, 5 is of another: 1 repeats none of its own, 2 does not."""
    across = copied([(1, 0), (5, 0)])
    assert read(across, group="machine")[1] == [
        "1 of 60 rows is a copy of a row with another 'machine': line 7 repeats line 2"
    ]
    back = [*copied([(5, 0), (7, 0)]), f"{copied([])[0].rpartition(',')[0]},0"]
    assert read(back, group="machine")[1] == [
        "3 of 61 rows are copies of rows with another 'machine': line 7 repeats line 2"
    ]


def test_machines_that_stand_still_do_not_make_equal_answers_copies() -> None:
    """That the rows of two machines are equal is by chance, however many of each machine are."""
    answers = np.random.default_rng(1).integers(1, 5, size=(30, 5)).tolist()
    answers[-1] = answers[0]
    rows = [f"{','.join(map(str, row))},m{i}" for i, row in enumerate(answers) for _ in range(20)]
    assert read(rows, "a,b,c,d,e,machine", group="machine")[1] == []
