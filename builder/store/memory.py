"""What one build takes over from the last in the same process: values, with all they depend on.

A value is made by calling a function with the very inputs that it is remembered by, and the
function can see nothing else, so what is handed out is never what other inputs would give.
Comparing is quick where nothing changed, because then the parts are the same objects.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from types import FunctionType
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Inputs = TypeVarTuple("Inputs")


class Memory:
    """Remembers one value for each name."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[object, tuple[object, ...], Any]] = {}

    def recall(self, name: Hashable, make: Callable[[*Inputs], T], *inputs: *Inputs) -> T:
        """`make(*inputs)`, called anew only if the inputs have changed.

        `make` is a class, or a function that takes nothing from where it was defined: with a
        closure or a bound object, it would depend on what nobody compares (TypeError).
        """
        if not _sees_its_arguments_alone(make):
            raise TypeError(f"{make!r} sees more than its arguments")
        known = self._known.get(name)
        if known is not None and known[0] is make and known[1] == inputs:
            value: T = known[2]
            return value
        value = make(*inputs)
        self._known[name] = (make, inputs, value)
        return value

    def same(self, name: Hashable, value: T) -> T:
        """The last value of that name if this one equals it: what many values depend on is then
        the same object for all of them, and need not be compared part by part again."""
        return self.recall(name, _itself, value)


def _itself(value: T) -> T:
    return value


def _sees_its_arguments_alone(make: Callable[..., object]) -> bool:
    if isinstance(make, FunctionType):
        return make.__closure__ is None
    return isinstance(make, type)
