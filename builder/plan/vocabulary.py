"""The kernels by name, as `site_assets/engine/kernels/operations.ts` lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

OPERATIONS = "site_assets/engine/kernels/operations.ts"
_ENUM = re.compile(r"export enum (\w+) \{\n(.*?)\n\}", re.S)
_MEMBER = re.compile(r"  (\w+) = (\d+),(?: // (.*))?")


@dataclass(frozen=True, slots=True)
class Operation:
    """A kernel's number and the names of its arguments, in order."""

    number: int
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a plan can say."""

    operations: Mapping[str, Operation]
    functions: Mapping[str, Mapping[str, int]]
    """Numbers by name of each enumeration: `Unary`, `Binary`, `Float64`."""


def read_vocabulary(text: str) -> Vocabulary:
    """The enumerations of operations.ts; raises ValueError if a line of it cannot be read."""
    enums = {}
    for name, body in _ENUM.findall(text):
        members = [_MEMBER.fullmatch(line) for line in body.split("\n")]
        if not all(members):
            raise ValueError(f"{OPERATIONS}: a member of {name} is not written NAME = NUMBER,")
        enums[name] = [match.groups() for match in members if match]
    operations = {
        name: Operation(int(number), tuple(arguments.split(", ")))
        for name, number, arguments in enums.pop("Operation")
    }
    functions = {
        enum: {name: int(number) for name, number, _ in members} for enum, members in enums.items()
    }
    return Vocabulary(operations, functions)
