"""What one build takes over from the last: values of equal inputs, and no others."""

from collections.abc import Callable

import pytest

from builder.store.memory import Memory

made: list[int] = []


def doubled(numbers: list[int]) -> list[int]:
    made.append(len(numbers))
    return [2 * number for number in numbers]


def test_a_value_is_made_once_for_equal_inputs() -> None:
    memory = Memory()
    first = memory.recall("a", doubled, [1])
    assert memory.recall("a", doubled, [1]) is first
    assert memory.recall("a", doubled, [2]) == [4]
    assert memory.recall("a", doubled, [1]) is not first  # only the last one is remembered
    assert memory.recall("b", doubled, [1]) == [2]


def test_an_equal_value_is_the_same_object() -> None:
    memory = Memory()
    first = memory.same("a", {"x": 1})
    assert memory.same("a", {"x": 1}) is first
    assert memory.same("a", {"x": 2}) is not first


class Shelf:
    def book(self) -> str:
        return "a book"


def closure(hidden: int) -> Callable[[], int]:
    return lambda: hidden


@pytest.mark.parametrize("make", [closure(1), Shelf().book])
def test_what_depends_on_more_than_its_inputs_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="sees more than its arguments"):
        Memory().recall("a", make)
