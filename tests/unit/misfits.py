"""Whether JSON is of the type that a TypedDict gives it, in all its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict


def misfits(value: object, hint: Any, place: str = "") -> list[str]:
    """Where JSON departs from its type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        of = get_type_hints(hint)
        if not isinstance(value, Mapping) or value.keys() != of.keys():
            return [f"{place} has other keys than {hint.__name__}"]
        return [lost for key in of for lost in misfits(value[key], of[key], f"{place}.{key}")]
    if origin in {Union, UnionType}:
        found = [misfits(value, one, place) for one in arguments]
        return [] if [] in found else found[0]
    if origin is Literal:
        return [] if value in arguments else [f"{place} is {value!r}"]
    if origin is Sequence:
        assert isinstance(value, Sequence)
        return [lost for one in value for lost in misfits(one, arguments[0], f"{place}[]")]
    if origin is Mapping:
        assert isinstance(value, Mapping)
        return [
            lost
            for key, one in value.items()
            for lost in misfits(one, arguments[1], f"{place}.{key}")
        ]
    kinds = (int, float) if hint is float else hint
    wrong = not isinstance(value, kinds) or (isinstance(value, bool) and hint is not bool)
    return [f"{place} is {value!r}"] if wrong and hint is not object else []
