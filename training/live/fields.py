"""What the page has to know of a live model: the fields of its card, and the names of the ports of
its step graph. Written here once; `site_assets/engine/live_fields.ts` is made from it
(`UPDATE_GOLDEN=1 pytest tests/unit/test_generated_types.py`).
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias, TypedDict

StepState: TypeAlias = Literal["params", "adam_m", "adam_v"]
"""What one step hands to the next, `[N]` each; the step's number is counted beside it."""

StepInput: TypeAlias = Literal[
    "params", "adam_m", "adam_v", "step", "index", "eps", "x_all", "lr", "adam_eps"
]
"""Inputs of the step graph; those of a model's other knobs have the knobs' names."""

StepOutput: TypeAlias = Literal["params_out", "adam_m_out", "adam_v_out", "step_out", "losses"]
"""Outputs of the step graph."""


class ParameterFields(TypedDict):
    """One tensor of the flat parameters."""

    name: str
    shape: Sequence[int]
    fan_in: int


class KnobFields(TypedDict):
    """A hyper-parameter that may be turned while the model trains."""

    name: str
    default: float
    minimum: float
    maximum: float
    scale: Literal["linear", "log"]
    description: str


class TermFields(TypedDict):
    """One number of the loss curve."""

    name: str
    unit: str
    description: str


class DataFields(TypedDict):
    """The names of published arrays. A sample is scale · array − offset, where there is one."""

    train: str
    validation: str
    scale: float
    offset: str | None


class LiveSection(TypedDict):
    """`card.options.live`: sizes, a full run's steps, and what the reader may turn and see."""

    state_size: int
    parameters: Sequence[ParameterFields]
    input_size: int
    noise_size: int
    batch_size: int
    steps: int
    adam_eps: float
    knobs: Sequence[KnobFields]
    terms: Sequence[TermFields]
    data: DataFields
