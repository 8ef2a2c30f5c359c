"""What a live model's training starts from, as its card describes it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from builder.load.model_card import ModelCard
from builder.store.effects import Effects

SEED = 7


def training_start(effects: Effects, card: ModelCard) -> dict[str, NDArray[Any]]:
    """Inputs of the step graph: the model's data and knobs, untrained parameters, random batches.

    A card without a live section gives none: then numbers are random throughout.
    """
    live = card.content.get("options", {}).get("live")
    if not live:
        return {}
    generator = np.random.default_rng(SEED)
    parameters = np.concatenate(
        [
            generator.uniform(-1, 1, int(np.prod(each["shape"]))) / np.sqrt(each["fan_in"])
            for each in live["parameters"]
        ]
    ).astype(np.float32)
    x = _array(effects, card, live["data"]["train"]).astype(np.float32)
    x = x * np.float32(live["data"]["scale"])
    if live["data"]["offset"]:
        x = x - _array(effects, card, live["data"]["offset"])
    x = x.reshape(-1, live["input_size"])
    scalars = {knob["name"]: knob["default"] for knob in live["knobs"]}
    scalars |= {"adam_eps": live["adam_eps"], "step": 0}
    return {
        "params": parameters,
        "adam_m": np.zeros_like(parameters),
        "adam_v": np.zeros_like(parameters),
        "x_all": x,
        "index": generator.integers(0, len(x), (500, live["batch_size"])).astype(np.int32),
        **{name: np.array(value, np.float32) for name, value in scalars.items()},
    }


def _array(effects: Effects, card: ModelCard, name: str) -> NDArray[Any]:
    described = card.content["arrays"][name]
    data = effects.read(f"{card.folder}/{described['file']}")
    dtype = np.dtype(described["dtype"]).newbyteorder("<")
    return np.frombuffer(data, dtype).reshape(described["shape"])
