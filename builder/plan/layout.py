"""Addresses for a program's buffers, with the numbers of rows and steps left open.

The graph is lowered at several numbers of rows n and steps k; every integer of the result is then
taken for c + a·n + b·k, fitted at three of the points and checked at the fourth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from builder.plan.graph import Array, Refused
from builder.plan.lower import Buffer, Call, PortBuffer, Program, Ref
from builder.plan.vocabulary import Vocabulary

START = 4096
"""The first address of a plan; below lies what the kernels keep for themselves."""
ALIGNMENT = 16
POINTS = ((64, 25), (67, 25), (64, 28), (131, 41))
"""(n, k) of each lowering: numbers that no size of a network's own equals."""
TYPICAL = (64, 25)

Linear: TypeAlias = tuple[int, int, int]
"""(c, a, b) for c + a·n + b·k."""


@dataclass(frozen=True)
class PlannedPort:
    """An input or an output: its address and each of its sizes."""

    name: str
    dtype: int
    at: Linear
    dims: tuple[Linear, ...]


@dataclass(frozen=True)
class Weight:
    """A constant and its address."""

    at: int
    values: Array
    half: bool


@dataclass(frozen=True)
class Plan:
    """All that the engine needs to run a graph."""

    code: tuple[Linear, ...]
    inputs: tuple[PlannedPort, ...]
    outputs: tuple[PlannedPort, ...]
    weights: tuple[Weight, ...]
    temporaries: Linear
    """Where they begin; before them lie code, weights, inputs and outputs."""
    end: Linear
    work: Linear
    loop: bool
    members: dict[str, int]


def lay_out(lower_at: Callable[[int, int], Program], vocabulary: Vocabulary, loop: bool) -> Plan:
    """The plan of a graph that `lower_at(rows, steps)` lowers. Raises Refused where it changes
    shape with the number of rows or steps, or grows faster than they do."""
    programs = [lower_at(rows, steps) for rows, steps in POINTS]
    first = programs[0]
    for other in programs[1:]:
        same = [call.operation for call in other.calls] == [call.operation for call in first.calls]
        if not same or len(other.buffers) != len(first.buffers):
            raise Refused("another program for another number of rows")
    sizes = {
        id(each[0]): _aligned(_fit([buffer.size for buffer in each]))
        for each in zip(*(program.buffers for program in programs), strict=True)
    }
    length = sum(2 + len(call.arguments) for call in first.calls)
    places = _Places(sizes, _aligned((START + 4 * length, 0, 0)))
    read = {id(ref.root) for call in first.calls for ref in call.reads}
    weights = []
    for buffer in first.buffers:
        if buffer.kind == "weight" and id(buffer) in read:
            assert buffer.constant is not None
            at = places.put(buffer)[0]
            weights.append(Weight(at, buffer.constant, buffer.half))
    for buffer in first.buffers:
        if buffer.kind in {"input", "output"} and buffer.parent is None:
            places.put(buffer)
    temporaries = places.end
    places.put_temporaries(first.calls)
    for buffer in first.buffers:
        if buffer.kind == "scratch":
            places.put(buffer)
    return Plan(
        code=tuple(_code(programs, vocabulary, places)),
        inputs=_ports([program.inputs for program in programs], places),
        outputs=_ports([program.outputs for program in programs], places),
        weights=tuple(weights),
        temporaries=temporaries,
        end=places.end,
        work=_fit([program.work for program in programs]),
        loop=loop,
        members=first.members,
    )


class _Places:
    """Where each root buffer lies; temporaries that are never needed together share a place."""

    def __init__(self, sizes: dict[int, Linear], start: Linear) -> None:
        self.sizes, self.end = sizes, start
        self.at: dict[int, Linear] = {}

    def put(self, buffer: Buffer) -> Linear:
        """A place of its own behind all others."""
        self.at[id(buffer)] = self.end
        self.end = _plus(self.end, self.sizes[id(buffer)])
        return self.at[id(buffer)]

    def of(self, ref: Ref, address: Linear) -> Linear:
        """The address of a reference whose offset in its root is `address`."""
        return _plus(self.at[id(ref.root)], address)

    def put_temporaries(self, calls: Sequence[Call]) -> None:
        """In order of the calls: into the place of an input that dies there, else into a free
        place, else into a new one."""
        life = _lives(calls)
        slots: list[Linear] = []
        slot_of: dict[int, int] = {}
        free: list[int] = []
        for place, call in enumerate(calls):
            dying = [key for key, (_, last) in life.items() if last == place and key in slot_of]
            for ref in call.writes:
                key = id(ref.root)
                if ref.root.kind != "temporary" or key in slot_of:
                    continue
                heir = self._inherited(call, ref, dying)
                if heir is not None:
                    dying.remove(heir)
                    slot_of[key] = slot_of[heir]
                else:
                    slot_of[key] = _take(self.sizes[key], slots, free)
                if life[key][1] == place:
                    dying.append(key)  # written and never read
            free += [slot_of[key] for key in dying]
        starts = []
        for slot in slots:
            starts.append(self.end)
            self.end = _plus(self.end, slot)
        self.at |= {key: starts[slot] for key, slot in slot_of.items()}

    def _inherited(self, call: Call, out: Ref, dying: list[int]) -> int | None:
        """The root of an input that the result may overwrite, whole for whole."""
        for ref in call.over:
            key = id(ref.root)
            whole = ref.address == 0 and out.address == 0
            same = self.sizes.get(key) == self.sizes[id(out.root)]
            # read twice by this call at different places, it is not only looked at in order
            once = all(other.address == 0 for other in call.reads if other.root is ref.root)
            if key in dying and whole and same and once:
                others = [other for other in call.reads if other.root is ref.root]
                if all(other in call.over for other in others):
                    return key
        return None


def _lives(calls: Sequence[Call]) -> dict[int, tuple[int, int]]:
    """First and last call that touches each temporary root."""
    life: dict[int, tuple[int, int]] = {}
    for place, call in enumerate(calls):
        for ref in (*call.reads, *call.writes):
            if ref.root.kind == "temporary":
                first, _ = life.get(id(ref.root), (place, place))
                life[id(ref.root)] = (first, place)
    return life


def _take(size: Linear, slots: list[Linear], free: list[int]) -> int:
    """A free slot: one of that size, else the smallest that is larger, else the largest grows."""
    exact = [slot for slot in free if slots[slot] == size]
    larger = [slot for slot in free if all(a >= b for a, b in zip(slots[slot], size, strict=True))]
    chosen = (
        exact
        or sorted(larger, key=lambda slot: _typical(slots[slot]))
        or sorted(free, key=lambda slot: -_typical(slots[slot]))
    )
    if not chosen:
        slots.append(size)
        return len(slots) - 1
    slot = chosen[0]
    free.remove(slot)
    c, a, b = (max(pair) for pair in zip(slots[slot], size, strict=True))
    slots[slot] = (c, a, b)
    return slot


def _code(programs: Sequence[Program], vocabulary: Vocabulary, places: _Places) -> list[Linear]:
    code: list[Linear] = []
    for calls in zip(*(program.calls for program in programs), strict=True):
        first = calls[0]
        number = vocabulary.operations[first.operation].number
        code += [(number, 0, 0), (2 + len(first.arguments), 0, 0)]
        for name, argument in first.arguments.items():
            values = [call.arguments[name] for call in calls]
            if isinstance(argument, Ref):
                addresses = [value.address for value in values if isinstance(value, Ref)]
                code.append(places.of(argument, _fit(addresses)))
            else:
                code.append(_fit([value for value in values if isinstance(value, int)]))
    return code


def _ports(ports: Sequence[Sequence[PortBuffer]], places: _Places) -> tuple[PlannedPort, ...]:
    planned = []
    for each in zip(*ports, strict=True):
        sizes = zip(*(port.shape for port in each), strict=True)
        dims = tuple(_fit(list(size)) for size in sizes)
        first = each[0]
        at = places.of(Ref(first.buffer), (0, 0, 0))
        planned.append(PlannedPort(first.name, first.dtype, at, dims))
    return tuple(planned)


def _fit(values: Sequence[int]) -> Linear:
    """The line through the first three points, if the fourth lies on it. Raises Refused if not."""
    if len(values) != len(POINTS):
        raise Refused("another program for another number of rows")
    (n0, k0), (n1, _), (_, k2), _ = POINTS
    a, rest_a = divmod(values[1] - values[0], n1 - n0)
    b, rest_b = divmod(values[2] - values[0], k2 - k0)
    c = values[0] - a * n0 - b * k0
    if (
        rest_a
        or rest_b
        or any(c + a * n + b * k != value for (n, k), value in zip(POINTS, values, strict=True))
    ):
        raise Refused("a size that does not grow with the number of rows or steps, line by line")
    return c, a, b


def _aligned(size: Linear) -> Linear:
    c, a, b = (-(-part // ALIGNMENT) * ALIGNMENT for part in size)
    return c, a, b


def _plus(first: Linear, second: Linear) -> Linear:
    return first[0] + second[0], first[1] + second[1], first[2] + second[2]


def _typical(size: Linear) -> int:
    return size[0] + size[1] * TYPICAL[0] + size[2] * TYPICAL[1]
