"""Writes Python's types in TypeScript, among them the methods of the Node service."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_overloads,
    get_type_hints,
    is_typeddict,
)

from builder.node.methods import Service

PLAIN: Mapping[object, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    NoneType: "null",
    Any: "any",
    object: "unknown",
}


@cache
def declarations() -> str:
    """A TypeScript declaration of `Methods`, with an interface for each dictionary that travels."""
    interfaces: dict[str, str] = {}
    methods = []
    for method in get_overloads(Service.ask):
        hints = get_type_hints(method)
        (name,) = get_args(hints["method"])
        (answer,) = get_args(hints["return"])
        given, result = type_of(hints["params"], interfaces), type_of(answer, interfaces)
        methods.append(f"  readonly {name}: (params: {given}) => Answer<{result}>;\n")
    body = "".join(f"{text}\n" for text in interfaces.values())
    head = "// Generated from builder/node/methods.py; do not edit.\n"
    answer = "\ntype Answer<T> = T | Promise<T>;\n\n"
    return f"{head}{body}{answer}export interface Methods {{\n{''.join(methods)}}}\n"


def type_of(hint: Any, interfaces: dict[str, str]) -> str:
    """A type in TypeScript; the dictionaries in it are added to `interfaces`, unless TypeScript has
    them already: `Annotated[…, "Name"]` says that of one type. Raises TypeError.
    """
    if is_typeddict(hint):
        if hint.__name__ not in interfaces:
            interfaces[hint.__name__] = ""  # keeps its place before those that it has in it
            interfaces[hint.__name__] = _interface(hint, interfaces)
        return str(hint.__name__)
    if hint in PLAIN:
        return PLAIN[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return str(arguments[1])
    if origin in {Union, UnionType}:
        return " | ".join(dict.fromkeys(type_of(one, interfaces) for one in arguments))
    if origin is Literal:
        return " | ".join(f'"{one}"' for one in arguments)
    if origin is Sequence or (origin is tuple and arguments[1:] == (...,)):
        return f"ReadonlyArray<{type_of(arguments[0], interfaces)}>"
    if origin is tuple:
        return f"readonly [{', '.join(type_of(one, interfaces) for one in arguments)}]"
    if origin is Mapping and arguments[0] is str:
        return f"Readonly<Record<string, {type_of(arguments[1], interfaces)}>>"
    raise TypeError(f"no type in TypeScript for {hint}")


def _interface(dictionary: Any, interfaces: dict[str, str]) -> str:
    fields = get_type_hints(dictionary, include_extras=True)
    return interface(dictionary.__name__, inspect.getdoc(dictionary) or "", fields, interfaces)


def interface(
    name: str, comment: str, fields: Mapping[str, Any], interfaces: dict[str, str]
) -> str:
    """An interface with these fields; a key that is NotRequired may be left out."""
    lines = []
    for key, hint in fields.items():
        optional = get_origin(hint) is NotRequired
        (kind,) = get_args(hint) if optional else (hint,)
        lines.append(f"  readonly {key}{'?' * optional}: {type_of(kind, interfaces)};\n")
    words = " ".join(comment.split())
    return f"\n/** {words} */\nexport interface {name} {{\n{''.join(lines)}}}"
