"""`book.plot`: curves or points on axes, in the book's colours, with their story in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import ceil, floor, isfinite, log10, nan
from typing import Any, Literal, TypeAlias

from book.host import current
from book.tensors import Nested, flatten, is_list

Hue: TypeAlias = Literal["x", "z", "xhat", "mu", "sigma", "eps"]
Points: TypeAlias = list[tuple[float, float]]
Place: TypeAlias = Callable[[float, float], tuple[float, float]]
"""From numbers to units of the view box."""

HUES: tuple[Hue, ...] = ("x", "z", "xhat", "mu", "sigma", "eps")
WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, TOP, BOTTOM = 58, 84, 12, 42
"""Margins; names of curves stand on the right."""


def plot(
    *values: Nested | Mapping[str, Nested],
    x: str = "",
    y: str = "",
    kind: Literal["line", "points"] = "line",
    hue: Hue | None = None,
    description: str = "",
) -> None:
    """Plot ys against their positions, ys against xs, or several named series.

    `plot(ys)`, `plot(xs, ys)`, `plot({"train": ys, …})`, `plot(xs, {"train": ys, …})`; a series
    may also be a list of (x, y) pairs. Values that are None or not finite leave a gap, and a point
    without neighbours is drawn as a dot; the reader is told so. Raises ValueError if there is
    nothing to plot or lengths differ.
    """
    series = _series(values)
    if hue is not None and hue not in HUES:
        raise ValueError(f"no hue {hue!r}: {', '.join(HUES)}")
    words = description or _words(series, x, y, kind)
    current().display(chart_markup(series, x, y, kind, hue, words), words)
    if told := _liberties(series, kind):
        current().notice(told)


def _liberties(series: Mapping[str, Points], kind: str) -> str:
    """What the drawing does with values that make no curve."""
    missing = sum(len(points) - len(_finite(points)) for points in series.values())
    total = sum(map(len, series.values()))
    alone = sum(len(run) == 1 for points in series.values() for run in _runs(points))
    sentences = []
    if missing:
        gaps = "leaves a gap" if missing == 1 else "leave gaps"
        are = "is" if missing == 1 else "are"
        sentences.append(f"{missing} of {total} values {are} missing or not finite and {gaps}.")
    if kind == "line" and alone:
        one = alone == 1
        what = "A single value is" if one else f"{alone} values without neighbours are"
        sentences.append(f"{what} drawn as {'a dot' if one else 'dots'}: no line goes through.")
    return " ".join(sentences)


def _runs(points: Points) -> list[Points]:
    """The points between gaps."""
    runs: list[Points] = [[]]
    for a, b in points:
        if isfinite(a) and isfinite(b):
            runs[-1].append((a, b))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _series(values: Sequence[Nested | Mapping[str, Nested]]) -> dict[str, Points]:
    if len(values) not in {1, 2}:
        raise ValueError(f"plot takes ys, or xs and ys, found {len(values)} lists")
    xs = None if len(values) == 1 else _numbers(values[0])
    ys = values[-1]
    named = ys if isinstance(ys, Mapping) else {"": ys}
    series = {str(name): _points(xs, one) for name, one in named.items()}
    if not any(map(_finite, series.values())):
        raise ValueError("there is nothing to plot")
    return series


def _points(xs: list[float] | None, ys: Nested) -> Points:
    pairs = xs is None and is_list(ys) and len(ys) and is_list(ys[0])  # type: ignore[arg-type,index]
    if pairs:
        flat = _numbers(ys)
        if len(flat) != 2 * len(ys):  # type: ignore[arg-type]
            raise ValueError("points are (x, y) pairs")
        return list(zip(flat[::2], flat[1::2], strict=True))
    values = _numbers(ys)
    places = xs if xs is not None else [float(index) for index in range(len(values))]
    if len(places) != len(values):
        raise ValueError(f"{len(places)} xs but {len(values)} ys")
    return list(zip(places, values, strict=True))


def _numbers(values: object) -> list[float]:
    """All numbers of nested lists, in order; None is one that is missing."""
    return flatten(_without_none(values))


def _without_none(values: Any) -> Any:
    if values is None:
        return nan
    return [_without_none(value) for value in values] if is_list(values) else values


def _finite(points: Points) -> Points:
    return [(a, b) for a, b in points if isfinite(a) and isfinite(b)]


def _words(series: Mapping[str, Points], x: str, y: str, kind: str) -> str:
    """Where each series begins and ends, and its range."""
    parts = []
    for name, points in series.items():
        finite = _finite(points)
        if not finite:
            parts.append(f"{name or 'the series'} has no finite value")
            continue
        ys = [b for _, b in finite]
        subject = name or y or "the values"
        if kind == "points":
            parts.append(f"{len(finite)} points of {subject}, from {min(ys):.3g} to {max(ys):.3g}")
        else:
            parts.append(
                f"{subject} from {ys[0]:.3g} at {finite[0][0]:.3g} to {ys[-1]:.3g} at "
                f"{finite[-1][0]:.3g}, between {min(ys):.3g} and {max(ys):.3g}"
            )
    against = f" against {x}" if x else ""
    return f"{'Points' if kind == 'points' else 'Curve'}{against}: {'; '.join(parts)}"


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from low to high, about `count` of them: steps of 1, 2 or 5 times ten."""
    rough = (high - low) / count
    power = 10.0 ** floor(log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * (1 - 1e-9))
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high - low < 1e-12 * max(1.0, abs(low)):
        pad = abs(low) / 2 or 1.0
        return low - pad, high + pad
    return low, high


def chart_markup(
    series: Mapping[str, Points], x: str, y: str, kind: str, hue: Hue | None, words: str
) -> str:
    """The SVG of the plot."""
    finite = [point for points in series.values() for point in _finite(points)]
    x_low, x_high = _range([a for a, _ in finite])
    y_low, y_high = _range([b for _, b in finite])
    margin = 0.05 * (y_high - y_low)
    y_low, y_high = y_low - margin, y_high + margin
    right = WIDTH - (RIGHT if any(series) else 16)

    def place(a: float, b: float) -> tuple[float, float]:
        across = LEFT + (a - x_low) / (x_high - x_low) * (right - LEFT)
        down = HEIGHT - BOTTOM - (b - y_low) / (y_high - y_low) * (HEIGHT - BOTTOM - TOP)
        return round(across, 1), round(down, 1)

    marks = [_axes(ticks(x_low, x_high), ticks(y_low, y_high), place, right, x, y)]
    for index, (name, points) in enumerate(series.items()):
        chosen = hue or HUES[index % len(HUES)]
        draw = _dots if kind == "points" else _line
        marks.append(f'<g class="c-{chosen}">{draw(points, place)}{_name(name, points, place)}</g>')
    return (
        f'<svg class="plot cell-plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(words)}">{"".join(marks)}</svg>'
    )


def _axes(across: list[float], up: list[float], place: Place, right: float, x: str, y: str) -> str:
    """Gridlines with numbers, and what the axes count."""
    parts = ['<g class="axis" aria-hidden="true">']
    bottom = HEIGHT - BOTTOM
    for value, text in zip(across, _texts(across), strict=True):
        at = place(value, up[0])[0]
        parts.append(
            f'<g class="tick" transform="translate({at} {bottom})"><line class="gridline" '
            f'y2="{TOP - bottom}"/><text y="16" text-anchor="middle">{text}</text></g>'
        )
    for value, text in zip(up, _texts(up), strict=True):
        at = place(across[0], value)[1]
        parts.append(
            f'<g class="tick" transform="translate({LEFT} {at})"><line class="gridline" '
            f'x2="{right - LEFT}"/><text x="-7" dy="0.32em" text-anchor="end">{text}</text></g>'
        )
    middle = (LEFT + right) / 2, (TOP + bottom) / 2
    parts.append(
        f'<text class="axis-label" x="{middle[0]}" y="{HEIGHT - 6}" text-anchor="middle">'
        f"{escape(x)}</text>"
        f'<text class="axis-label" transform="translate(12 {middle[1]}) rotate(-90)" '
        f'text-anchor="middle">{escape(y)}</text></g>'
    )
    return "".join(parts)


def _texts(values: Sequence[float]) -> list[str]:
    """Tick labels with as many digits as their steps need."""
    step = values[1] - values[0] if len(values) > 1 else abs(values[0]) or 1.0
    if max(map(abs, values)) >= 1e6 or step < 1e-4:
        return [f"{value:.2g}".replace("-", "−") for value in values]
    digits = max(0, ceil(-log10(step) - 1e-9))
    return [f"{value + 0.0:.{digits}f}".replace("-", "−") for value in values]


def _line(points: Points, place: Place) -> str:
    """A path for each run of points; where one stands alone, a dot."""
    placed = [[place(a, b) for a, b in run] for run in _runs(points)]
    lines = (run for run in placed if len(run) > 1)
    path = "".join("M" + "L".join(f"{a:g} {b:g}" for a, b in run) for run in lines)
    dots = "".join(f"M{a:g} {b:g}h0" for run in placed if len(run) == 1 for a, b in run)
    return (f'<path class="line" d="{path}"/>' if path else "") + (
        f'<path class="dots" d="{dots}"/>' if dots else ""
    )


def _dots(points: Points, place: Place) -> str:
    path = "".join(f"M{a:g} {b:g}h0" for a, b in (place(*point) for point in _finite(points)))
    return f'<path class="dots" d="{path}"/>'


def _name(name: str, points: Points, place: Place) -> str:
    """A curve's name, at its end."""
    finite = _finite(points)
    if not name or not finite:
        return ""
    across, down = place(*finite[-1])
    return (
        f'<text class="direct-label" x="{across + 6:g}" y="{down:g}" dy="0.32em" '
        f'fill="currentColor">{escape(name)}</text>'
    )
