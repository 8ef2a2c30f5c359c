"""What a stack of runs is spared changes none of its numbers."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx

from training.live.declaration import Knob, LiveModel, Term, learning_rate
from training.live.side_by_side import train_side_by_side
from training.live.spared import without_idle_parts

SEEDS = (3, 4, 3, 4)
CURVED = (0.0, 0.0, 1.0, 1.0)


class Two(nn.Module):
    """A linear network and a curved one."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.curved = nn.Linear(4, 4)


def loss(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    assert isinstance(network, Two)
    curved = knobs["curved"]
    x_hat = (1 - curved) * network.linear(x) + curved * torch.tanh(network.curved(x))
    error = (x_hat - x).square().mean()
    return {"loss": error + knobs["weight"] * x_hat.square().mean(), "looked at": error.sqrt()}


def model(*switches: str) -> LiveModel:
    torch.manual_seed(0)
    return LiveModel(
        network=Two(),
        loss=loss,
        terms=(Term("loss", "", ""), Term("looked at", "", "")),
        input_size=4,
        batch_size=8,
        steps=60,
        lr=learning_rate(1e-2),
        inference={},
        knobs=(
            Knob("curved", 0.0, 0.0, 1.0, "linear", ""),
            Knob("weight", 0.1, 0.0, 1.0, "linear", ""),
        ),
        switches=switches,
    )


def trained(*switches: str) -> tuple[np.ndarray, list[Tensor]]:
    x = np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32)
    seen: list[Tensor] = []
    knobs = {"curved": CURVED, "weight": (0.1, 0.2, 0.3, 0.4)}
    params = train_side_by_side(
        model(*switches), x, SEEDS, knobs, lambda share: None,
        lambda step, params, terms: seen.append(terms), slice(None, None, 2),
    )  # fmt: skip
    return params, seen


def test_runs_in_groups_by_a_switch_end_where_all_together_do() -> None:
    (together, terms), (grouped, own_terms) = trained(), trained("curved")
    assert np.abs(together - grouped).max() <= 1e-6
    assert len(terms) == 60
    assert terms[0].shape == (2, 2)
    assert torch.allclose(torch.stack(terms), torch.stack(own_terms), atol=1e-6)


def test_a_part_that_a_switch_leaves_idle_is_not_trained() -> None:
    params, _ = trained("curved")
    start = np.stack([model().initial_weights(seed) for seed in SEEDS])
    half = params.shape[1] // 2
    moved = np.abs(params - start).reshape(len(SEEDS), 2, half).max(axis=2) > 0
    assert moved.tolist() == [[True, False]] * 2 + [[False, True]] * 2


def test_what_a_zero_multiplies_and_factors_of_one_are_left_out() -> None:
    on, off = torch.ones(3, 1), torch.zeros(3, 1)

    def blend(x: Tensor) -> Tensor:
        return (1 - off) * x.sin() + off * x.exp() + (on - 1) * x.cos()

    x = torch.rand(3, 5)
    spared = without_idle_parts(make_fx(blend)(x))
    called = [node.target for node in spared.graph.nodes if node.op == "call_function"]
    assert called == [torch.ops.aten.sin.default]
    assert torch.equal(spared(x), blend(x))


def test_a_factor_of_one_that_widens_what_it_multiplies_stays() -> None:
    on = torch.ones(3, 5)

    def widened(x: Tensor) -> Tensor:
        return on * x

    x = torch.rand(1, 5)
    assert without_idle_parts(make_fx(widened)(x))(x).shape == (3, 5)
