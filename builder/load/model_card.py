"""A trained model as the training step published it: `card.json` and the files that it names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from builder.issues.issue import Issue, Source, Span


@dataclass(frozen=True)
class ModelCard:
    """The card of one model."""

    name: str
    folder: str
    content: dict[str, Any]

    def file_of(self, use: str) -> str | None:
        """The file of a graph or an array, or None if the model has none of that name."""
        for group in ("graphs", "arrays"):
            entry = self.content.get(group, {}).get(use)
            if entry is not None:
                return str(entry["file"])
        return None

    def uses(self) -> list[str]:
        """The names of all graphs and arrays."""
        return [*self.content.get("graphs", {}), *self.content.get("arrays", {})]

    @cached_property
    def canonical(self) -> str:
        """The content as text that is the same for the same content."""
        return json.dumps(self.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def verdict(self) -> str | None:
        """Of an experiment, what it says of its rule (training/publish/experiment.py)."""
        experiment = self.content.get("options", {}).get("experiment")
        return experiment.get("verdict") if isinstance(experiment, dict) else None

    @cached_property
    def numbers(self) -> dict[str, float | int]:
        """Every number that prose may quote: metrics by `split.name`, sizes and settings."""
        content = self.content
        found: dict[str, Any] = {
            "parameters": content.get("parameters"),
            "seed": content.get("seed"),
            "wall_time_seconds": content.get("wall_time_seconds"),
        }
        for split, count in content.get("data", {}).get("splits", {}).items():
            found[f"data.{split}"] = count
        found |= _flat("options", content.get("options", {}))
        for name, metric in content.get("metrics", {}).items():
            found[name] = metric["value"]
        return {
            name: value
            for name, value in found.items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        }


def _flat(prefix: str, values: dict[str, Any]) -> dict[str, Any]:
    """Nested settings by dotted name: `options.grid.side`."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}.{key}"
        found |= _flat(name, value) if isinstance(value, dict) else {name: value}
    return found


@lru_cache(maxsize=512)  # by content: most files are the same at the next build
def parse_card(name: str, source: Source) -> tuple[ModelCard | None, tuple[Issue, ...]]:
    """The card, or None with an issue if the file is not what the training step writes."""
    hint = f"book train --force {name}"
    try:
        # NaN and infinity are no numbers to quote, and no JSON that a browser reads
        content = json.loads(source.text, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        at = Span(error.pos, error.pos + 1)
        return None, (source.issue("model-card", at, f"this is not JSON: {error.msg}", hint),)
    if not isinstance(content, dict) or content.get("name") != name:
        message = f"this is not the card of '{name}'"
        return None, (source.issue("model-card", Span(0, 1), message, hint),)
    return ModelCard(name, source.path.rpartition("/")[0], content), ()
