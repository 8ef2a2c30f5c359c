"""Numbers on their way to a model and back: nested lists on one side, flat float32 on the other."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

Nested: TypeAlias = "float | Sequence[Nested]"
"""A number, or lists of lists of numbers, all of a level equally long."""

TYPE_CODES = {"float32": "f", "uint8": "B", "int32": "i"}


@dataclass(frozen=True)
class Tensor:
    """`data` in C order; the `dims` multiply to its length."""

    dims: tuple[int, ...]
    data: array[Any]

    @classmethod
    def from_bytes(cls, dims: Iterable[int], dtype: str, content: bytes) -> Tensor:
        """An array as a model publishes it, little-endian."""
        values = array(TYPE_CODES[dtype])
        values.frombytes(content)
        return cls(tuple(dims), values)

    def nested(self) -> Any:
        """The numbers as lists of lists, one level for each dimension."""
        values: list[Any] = self.data.tolist()
        for size in reversed(self.dims[1:]):
            values = [values[at : at + size] for at in range(0, len(values), size)]
        return values if self.dims else values[0]


def flatten(values: Nested) -> list[float]:
    """All numbers of nested lists, in order."""
    if not is_list(values):
        return [float(values)]  # type: ignore[arg-type]
    flat: list[float] = []
    for value in values:  # type: ignore[union-attr]
        flat.extend(flatten(value))
    return flat


def is_list(values: object) -> bool:
    """Whether this holds numbers rather than being one: lists, tuples, arrays, NumPy's too."""
    return hasattr(values, "__len__") and hasattr(values, "__getitem__")


def shape_of(values: Nested) -> tuple[int, ...]:
    """The lengths of the levels, judged by the first element of each."""
    dims: list[int] = []
    while is_list(values):
        dims.append(len(values))  # type: ignore[arg-type]
        if not dims[-1]:
            break
        values = values[0]  # type: ignore[index]
    return tuple(dims)


def shaped(name: str, values: Nested, dims: Sequence[int | str]) -> Tensor:
    """Numbers in the shape that a graph asks for, in which one dimension may be free, as in
    `["n", 2]`. Raises ValueError if they don't fill it."""
    flat = flatten(values)
    fixed = prod(size for size in dims if isinstance(size, int))
    free = sum(not isinstance(size, int) for size in dims)
    if (free == 0 and len(flat) != fixed) or (free and (not flat or len(flat) % fixed)):
        wanted = " × ".join(map(str, dims))
        message = f"{name} takes {wanted} numbers, found {len(flat)}"
        raise ValueError(message)
    count = len(flat) // fixed
    return Tensor(
        tuple(size if isinstance(size, int) else count for size in dims), array("f", flat)
    )
