"""The book outside of its page: models from `build/models`, run by onnxruntime."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from book.tensors import Tensor

FOLDER = "BOOK_MODELS"
"""Environment variable that names the folder of the trained models."""


def models_folder() -> Path:
    """The folder of the trained models: the one that is named, else the nearest `build/models`."""
    if named := os.environ.get(FOLDER):
        return Path(named)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "build" / "models").is_dir():
            return folder / "build" / "models"
    raise FileNotFoundError(f"no build/models beside {here}; set {FOLDER}, or run 'book train'")


class FileHost:
    """Reads what the training step published."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or models_folder()

    def models(self) -> list[str]:
        return sorted(path.parent.name for path in self.folder.glob("*/card.json"))

    def card(self, model: str) -> Mapping[str, Any]:
        path = self.folder / model / "card.json"
        if not path.is_file():
            raise KeyError(model)
        card: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return card

    def array(self, model: str, name: str) -> bytes:
        return (self.folder / model / str(self.card(model)["arrays"][name]["file"])).read_bytes()

    async def run(self, model: str, graph: str, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        import numpy as np

        session = _session(self.folder / model / str(self.card(model)["graphs"][graph]["file"]))
        arrays = {
            name: np.asarray(tensor.data, np.float32).reshape(tensor.dims)
            for name, tensor in feeds.items()
        }
        names = [output.name for output in session.get_outputs()]
        return {
            name: Tensor.from_bytes(value.shape, "float32", value.astype("float32").tobytes())
            for name, value in zip(names, session.run(names, arrays), strict=True)
        }

    def display(self, markup: str, description: str) -> None:
        """No page to draw in: the words stand for the picture."""
        print(description)

    def notice(self, text: str) -> None:
        print(text)


@cache
def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
