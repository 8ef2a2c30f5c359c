"""What one build takes over from the last: values of equal inputs, and no others."""

from builder.store.memory import Memory


def test_a_value_is_made_once_for_equal_inputs() -> None:
    memory, made = Memory(), []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [memory.recall("a", [1], make), memory.recall("a", [1], make)] == [1, 1]
    assert memory.recall("a", [2], make) == 2
    assert memory.recall("a", [1], make) == 3  # only the last one is remembered
    assert memory.recall("b", [1], make) == 4


def test_a_stamp_stands_for_an_equal_value() -> None:
    memory = Memory()
    first = memory.stamp("a", {"x": 1})
    assert memory.stamp("a", {"x": 1}) is first
    assert memory.stamp("a", {"x": 2}) is not first
