"""`book.table`: rows of numbers and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from book.host import current


def table(
    rows: Sequence[Sequence[object]] | Sequence[Mapping[str, object]],
    columns: Sequence[str] | None = None,
) -> None:
    """Show a table; rows are lists, or dictionaries whose keys name the columns.

    Raises ValueError if a row is longer or shorter than the others.
    """
    if rows and isinstance(rows[0], Mapping):
        names = list(columns or rows[0])
        body = [[row[name] for name in names] for row in rows]  # type: ignore[call-overload]
    else:
        names, body = list(columns or ()), [list(row) for row in rows]
    widths = {len(row) for row in body} | ({len(names)} if names else set())
    if len(widths) != 1:
        raise ValueError(f"the rows of a table are equally long, found {sorted(widths)}")
    current().display(_markup(names, body), _words(names, body))


def cell_text(value: object) -> str:
    """A value as a table shows it: floats with four significant digits."""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text.replace("-", "−") if isinstance(value, (int, float)) else text


def _markup(names: list[str], body: list[list[object]]) -> str:
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    head = f"<thead><tr>{cells}</tr></thead>" if names else ""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell_text(value))}</td>" for value in row) + "</tr>"
        for row in body
    )
    inside = f"<table>{head}<tbody>{rows}</tbody></table>"
    return f'<div class="table-wrap" role="region" aria-label="Table" tabindex="0">{inside}</div>'


def _words(names: list[str], body: list[list[object]]) -> str:
    of = f" of {', '.join(names)}" if names else ""
    return f"A table{of}, {len(body)} row{'' if len(body) == 1 else 's'}"
