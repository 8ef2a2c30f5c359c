"""What one build takes over from the last in the same process: values, with all they depend on.

A value is only handed out for inputs that equal those it was made from, so it is never wrong.
Comparing is quick where nothing changed, because then the parts are the same objects.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Memory:
    """Remembers one value for each name."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[object, Any]] = {}

    def known(self, name: Hashable, inputs: object) -> Any:
        """The value of that name if it was made from these inputs, else None."""
        made_from, value = self._known.get(name, (None, None))
        return value if made_from is inputs or made_from == inputs else None

    def keep(self, name: Hashable, inputs: object, value: T) -> T:
        """Remember a value in the place of the last one of that name."""
        self._known[name] = (inputs, value)
        return value

    def recall(self, name: Hashable, inputs: object, make: Callable[[], T]) -> T:
        """The value that `make` gives for these inputs, made anew only if they have changed."""
        value: T | None = self.known(name, inputs)
        return self.keep(name, inputs, make()) if value is None else value

    def stamp(self, name: Hashable, value: object) -> object:
        """A stamp that is the same for as long as `value` equals what it was: it stands for the
        value among the inputs of many others, which then need not compare it again."""
        return self.recall(name, value, object)
