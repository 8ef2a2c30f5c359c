"""The colophon's two tables, written by the model cards: what data there are, and which models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from builder.load.model_card import ModelCard
from builder.pack.pack import ModelFiles
from builder.pack.taken import Archive, Taken
from builder.resolve.resolve import ResolvedBook

SPLITS = ("train", "validation", "test")
MISSING = Markup("–")


@dataclass(frozen=True, slots=True)
class DataRow:
    """A set of data, as its cards describe it."""

    name: str
    label: str
    """How honest the data are about the world: real, simulated, synthetic, drawn."""
    description: str
    splits: str
    groups: str
    """By what rows were kept together, and how many groups each split has; empty where by none."""
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model; numbers are text, ready to be shown."""

    name: str
    description: str
    data: str
    label: str
    seed: Markup
    parameters: Markup
    size: Markup
    """What the pages load of it, gzip, in kB of 1,000 bytes."""
    difference: Markup
    """The largest difference of an exported graph's outputs from torch's."""
    seconds: Markup
    archive: Archive | None
    """What readers may take along."""
    archive_size: Markup
    """In kB."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Both tables, and the models' totals."""

    data: tuple[DataRow, ...]
    models: tuple[ModelRow, ...]
    size: Markup
    seconds: Markup


def ledger(
    book: ResolvedBook, cards: Mapping[str, ModelCard], files: ModelFiles, taken: Taken
) -> Ledger:
    """The tables of the models that the book shows or quotes."""
    named = {name for page in book.pages for name in page.models}
    used = [cards[name] for name in sorted(named) if name in cards]
    times = [card.content.get("wall_time_seconds") for card in used]
    return Ledger(
        data=_data_rows(used),
        models=tuple(
            _model_row(card, files.gzip_bytes.get(card.name, 0), taken.archives.get(card.name))
            for card in used
        ),
        size=_kilobytes(files.all_gzip_bytes),
        seconds=_decimal(sum(time for time in times if time is not None)),
    )


def _data_rows(cards: Iterable[ModelCard]) -> tuple[DataRow, ...]:
    """One row for each different description; models that share one share the row."""
    models: dict[tuple[str, str, str, str, str], list[str]] = {}
    for card in cards:
        data = card.content.get("data", {})
        groups = data.get("groups", {})
        key = (
            data.get("name", ""),
            data.get("label", ""),
            data.get("description", ""),
            _counts(data),
            f"{groups['column']}: {_counts(groups)}" if groups else "",
        )
        models.setdefault(key, []).append(card.name)
    return tuple(DataRow(*key, tuple(models[key])) for key in sorted(models))


def _counts(of: Mapping[str, Any]) -> str:
    """How many of something each split has."""
    splits = of.get("splits", {})
    return " / ".join(f"{splits[name]:,}" for name in SPLITS if name in splits)


def _model_row(card: ModelCard, size: int, archive: Archive | None) -> ModelRow:
    content = card.content
    data = content.get("data", {})
    checked = [entry["max_abs_difference"] for entry in content.get("parity", {}).values()]
    return ModelRow(
        name=card.name,
        description=content.get("description", ""),
        data=data.get("name", ""),
        label=data.get("label", ""),
        seed=_whole(content.get("seed")),
        parameters=_whole(content.get("parameters")),
        size=_kilobytes(size),
        difference=_power_of_ten(max(checked, default=None)),
        seconds=_decimal(content.get("wall_time_seconds")),
        archive=archive,
        archive_size=_kilobytes(archive.bytes if archive else 0),
    )


def _whole(value: Any) -> Markup:
    return MISSING if value is None else Markup(f"{value:,}")


def _decimal(value: float | None) -> Markup:
    return MISSING if value is None else Markup(f"{value:,.1f}")


def _kilobytes(size: int) -> Markup:
    return Markup(f"{size / 1000:,.1f}") if size else MISSING


def _power_of_ten(value: float | None) -> Markup:
    """A small number as `4.8 × 10⁻⁶`."""
    if value is None:
        return MISSING
    if value == 0:
        return Markup("0")
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return Markup(f"{mantissa} × 10<sup>{int(exponent)}</sup>".replace("-", "−"))
