"""What a live model refuses to carry, how it starts, and the rewrites of its ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import Tensor, nn
from torch.nn import functional

from training.live.carriable import NotCarriable, require_carriable
from training.live.declaration import Knob, LiveModel, Term, learning_rate
from training.live.loops import DivergedError, State, StepSession, train_in_torch
from training.live.onnx_surgery import scalar_fills
from training.live.side_by_side import train_side_by_side
from training.live.step import adam


class Noisy(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.clone().normal_()


class FunctionalDropout(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return functional.dropout(x, training=True)


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (nn.BatchNorm1d(4), r"'1' \(BatchNorm1d\).*buffers running_mean, running_var"),
        (nn.Dropout(), r"'1' \(Dropout\).*random numbers"),
        (FunctionalDropout(), r"'1' \(FunctionalDropout\).*random numbers"),
        (Noisy(), r"'1' \(Noisy\).*aten.normal_.*random numbers"),
        (
            nn.Sequential(nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 1, 3)),
            r"'1.1' \(Conv1d\).*aten.convolution.*no ONNX translation",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_a_module_that_cannot_be_carried_is_named(layer: nn.Module, reason: str) -> None:
    network = nn.Sequential(nn.Linear(4, 4), layer)
    with pytest.raises(NotCarriable, match=reason):
        require_carriable(network, lambda: network(torch.ones(3, 4)))


def test_dense_networks_are_carried() -> None:
    network = nn.Sequential(nn.Linear(4, 4), nn.SiLU(), nn.Linear(4, 2), nn.Tanh())
    require_carriable(network, lambda: network(torch.ones(3, 4)))


def squared(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    return {"loss": (network(x) - x).square().mean()}


def toy(network: nn.Module) -> LiveModel:
    return LiveModel(
        network,
        squared,
        (Term("loss", "", ""),),
        input_size=4,
        batch_size=8,
        steps=50,
        lr=learning_rate(1e-2),
        inference={},
    )


def test_parameters_without_a_known_start_are_named() -> None:
    with pytest.raises(NotCarriable, match=r"'1' \(LayerNorm\).*initial weights"):
        toy(nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4)))


def test_initial_weights_depend_on_the_seed_alone_and_respect_the_fan_in() -> None:
    model = toy(nn.Sequential(nn.Linear(4, 100), nn.SiLU(), nn.Linear(100, 4)))
    weights = model.initial_weights(3)
    assert model.state_size == len(weights) == 4 * 100 + 100 + 100 * 4 + 4
    np.testing.assert_array_equal(weights, model.initial_weights(3))
    assert not np.array_equal(weights, model.initial_weights(4))
    assert 0.45 < np.abs(weights[:500]).max() <= 0.5
    assert 0.09 < np.abs(weights[500:]).max() <= 0.1


def test_torch_training_leaves_the_declaration_untouched_and_reduces_the_loss() -> None:
    model = toy(nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 4)))
    before = [parameter.clone() for parameter in model.network.parameters()]
    x = np.random.default_rng(0).standard_normal((32, 4)).astype(np.float32)
    run = train_in_torch(model, x, seed=1, steps=50)
    assert run.losses.shape == (50, 1)
    assert run.losses[-5:].mean() < run.losses[:5].mean()
    for old, new in zip(before, model.network.parameters(), strict=True):
        assert torch.equal(old, new)


def noisy_and_pulled(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    x_hat = network(x + 0.1 * eps)
    return {"loss": (x_hat - x).square().mean() + knobs["weight"] * x_hat.square().mean()}


def test_runs_side_by_side_end_where_each_of_them_ends_alone() -> None:
    network = nn.Sequential(nn.Linear(4, 6), nn.SiLU(), nn.Linear(6, 4))
    weight = Knob("weight", 1.0, 0.1, 10.0, "log", "")
    model = replace(toy(network), loss=noisy_and_pulled, noise_size=4, knobs=(weight,), steps=60)
    x = np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32)
    runs = [(3, 1.0), (4, 1.0), (3, 9.0)]
    seeds, weights = [seed for seed, _ in runs], [weight for _, weight in runs]
    ends = train_side_by_side(model, x, seeds, {"weight": weights}, lambda share: None)
    for (seed, value), end in zip(runs, ends, strict=True):
        alone = train_in_torch(model, x, seed, model.steps, {"weight": value}).state.params
        np.testing.assert_allclose(end, alone, atol=1e-5)
    assert np.abs(ends[0] - ends[2]).max() > 1e-3
    with pytest.raises(DivergedError, match="60 steps"):
        train_side_by_side(model, x * np.inf, seeds, {"weight": weights}, lambda share: None)


def test_adam_takes_the_first_step_of_torch() -> None:
    params = torch.randn(20, generator=torch.Generator().manual_seed(0), requires_grad=True)
    start, gradient = params.detach().clone(), torch.linspace(-1, 1, 20)
    optimiser = torch.optim.Adam([params], lr=0.1)
    params.grad = gradient
    optimiser.step()
    zeros = torch.zeros(20)
    ours, _, _ = adam(
        start, gradient, zeros, zeros, torch.tensor(1.0), torch.tensor(0.1), torch.tensor(1e-8)
    )
    torch.testing.assert_close(ours, params.detach(), rtol=0, atol=1e-7)


def test_knobs_are_validated() -> None:
    with pytest.raises(ValueError, match="outside 0 … 1"):
        Knob("beta", 2, 0, 1, "linear", "")
    with pytest.raises(ValueError, match="positive minimum"):
        Knob("beta", 0, 0, 1, "log", "")


def test_fills_become_scalars_and_change_nothing() -> None:
    ones, three = np.ones((8, 64), np.float32), np.array(3, np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Div", ["ones", "three"], ["third"]),
            helper.make_node("Mul", ["x", "third"], ["y"]),
        ],
        "fills",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [8, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [8, 64])],
        [numpy_helper.from_array(ones, "ones"), numpy_helper.from_array(three, "three")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    x = np.random.default_rng(0).random((8, 64), dtype=np.float32)
    before = ReferenceEvaluator(model).run(None, {"x": x})
    small = scalar_fills(model)
    onnx.checker.check_model(small, full_check=True)
    assert small.ByteSize() < 200
    np.testing.assert_array_equal(ReferenceEvaluator(small).run(None, {"x": x}), before)


def test_divergence_is_an_error() -> None:
    from training.live.graphs import export_step

    model = toy(nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 4)))
    x = np.ones((32, 4), np.float32)
    trainer = StepSession(model, export_step(model), x)
    assert trainer.train(1, 50).state.step == 50
    with pytest.raises(DivergedError, match="between steps 0 and 25"):
        trainer.train(1, 50, {"lr": 1e30})
    assert State.untrained(model, 1).step == 0
