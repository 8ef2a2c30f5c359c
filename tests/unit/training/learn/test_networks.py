"""Networks and losses against what the papers and the equations say."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from training.learn.fit import Schedule, batches, fit, share_of
from training.learn.losses import cross_entropy, elbo_terms, gaussian_kl, squared_error
from training.learn.networks import DenseAutoencoder, DenseVAE, PatchVAE, parameter_count
from training.measure.metrics import (
    jump_between_neighbours,
    jump_between_strangers,
    mean_squared_error,
    neighbour_accuracy,
)
from training.measure.pca import PrincipalComponents
from training.publish.export import round_to_half


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def test_dense_autoencoder_mirrors_its_widths() -> None:
    model = DenseAutoencoder(64, (16, 8), 2)
    x = torch.rand(5, 64)
    assert model.encode(x).shape == (5, 2)
    assert model(x).shape == x.shape
    layers = [(64, 16), (16, 8), (8, 2), (2, 8), (8, 16), (16, 64)]
    assert parameter_count(model) == sum(inputs * outputs + outputs for inputs, outputs in layers)


def test_standardize_code_gives_unit_codes_and_leaves_reconstructions() -> None:
    model = DenseAutoencoder(64, (16, 8), 2)
    x = torch.rand(200, 64)
    before = model(x)
    model.standardize_code(x)
    z = model.encode(x)
    assert torch.allclose(z.mean(0), torch.zeros(2), atol=1e-5)
    assert torch.allclose(z.std(0, correction=0), torch.ones(2), atol=1e-4)
    assert torch.allclose(model(x), before, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "shape"),
    [(DenseVAE(64, (16, 8), 2), (64,)), (PatchVAE(3, 8, (4, 8), 2), (1, 32, 32))],
)
def test_a_vae_goes_from_x_to_x_hat(model: DenseVAE | PatchVAE, shape: tuple[int, ...]) -> None:
    x = torch.rand(3, *shape)
    mu, log_var = model.encode(x)
    assert mu.shape == log_var.shape == (3, 2)
    x_hat = model.decode(mu)
    assert x_hat.shape == x.shape
    assert x_hat.min() > 0
    assert x_hat.max() < 1


def test_reparameterize_shifts_and_stretches_noise() -> None:
    model = DenseVAE(4, (3,), 1)
    mu, log_var = torch.tensor([[1.5]]), torch.tensor([[math.log(4.0)]])
    z = model.reparameterize(mu, log_var, torch.tensor([[-0.5]]))
    assert z.item() == pytest.approx(1.5 + 2 * -0.5)


def test_gaussian_kl_agrees_with_torch_distributions() -> None:
    mu, log_var = torch.randn(6, 3), torch.randn(6, 3)
    posterior = torch.distributions.Normal(mu, torch.exp(0.5 * log_var))
    expected = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0))
    assert torch.allclose(gaussian_kl(mu, log_var), expected.sum(1), atol=1e-5)


def test_losses_sum_over_pixels_and_keep_the_batch_axis() -> None:
    x = torch.tensor([[[[0.0, 1.0]]], [[[1.0, 0.5]]]])
    assert squared_error(torch.zeros_like(x), x).tolist() == [1.0, 1.25]
    assert torch.allclose(cross_entropy(torch.zeros_like(x), x), torch.full((2,), 2 * math.log(2)))


def test_elbo_terms_use_the_sampled_code() -> None:
    model = DenseVAE(4, (3,), 2)
    x, eps = torch.rand(5, 4), torch.randn(5, 2)
    mu, log_var = model.encode(x)
    reconstruction, kl = elbo_terms(model, x, eps)
    z = mu + torch.exp(log_var / 2) * eps
    assert torch.allclose(reconstruction, cross_entropy(model.decode_logits(z), x))
    assert torch.allclose(kl, gaussian_kl(mu, log_var))


def test_pca_is_the_best_plane() -> None:
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((300, 6)) @ rng.standard_normal((6, 6))).astype(np.float32)
    model = PrincipalComponents(x, 2)
    residual = float(((model(torch.from_numpy(x)).numpy() - x) ** 2).sum())
    singular = np.linalg.svd(x - x.mean(0), compute_uv=False)
    assert residual == pytest.approx(float((singular[2:] ** 2).sum()), rel=1e-4)
    assert torch.allclose(model.components @ model.components.T, torch.eye(2), atol=1e-5)


def test_fit_finds_a_minimum_and_reports_progress() -> None:
    model = nn.Linear(1, 1)
    x = torch.linspace(-1, 1, 64)[:, None]
    shares: list[float] = []
    fit(
        model,
        lambda batch: (model(x[batch.rows]) - 3 * x[batch.rows] - 1).square().mean(),
        64,
        Schedule(epochs=60, batch_size=16, learning_rate=0.1),
        seed=0,
        progress=shares.append,
    )
    assert model.weight.item() == pytest.approx(3, abs=1e-2)
    assert model.bias.item() == pytest.approx(1, abs=1e-2)
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_fit_stops_when_the_loss_is_not_finite() -> None:
    model = nn.Linear(1, 1)
    with pytest.raises(FloatingPointError, match="epoch 0"):
        fit(model, lambda batch: model.weight.sum() / 0, 8, Schedule(1, 4, 0.1), 0, lambda _: None)


def test_batches_visit_every_row_once_an_epoch() -> None:
    rows = [batch.rows for batch in batches(12, Schedule(2, 4, 0.1), seed=3)]
    first, second = torch.cat(rows[:3]).tolist(), torch.cat(rows[3:]).tolist()
    assert sorted(first) == sorted(second) == list(range(12))
    assert first != second


def test_share_of_maps_a_part_onto_the_whole() -> None:
    seen: list[float] = []
    share_of(seen.append, 0.5, 0.9)(0.5)
    assert seen == [pytest.approx(0.7)]


def test_round_to_half_leaves_only_half_precision_values() -> None:
    model = nn.Linear(8, 8)
    round_to_half(model)
    assert torch.equal(model.weight, model.weight.half().float())


def test_neighbour_accuracy_counts_votes() -> None:
    train = np.concatenate([np.zeros((12, 2)), np.full((12, 2), 5.0)]).astype(np.float32)
    labels = np.repeat([0, 1], 12).astype(np.uint8)
    test = np.array([[0.1, 0], [5, 5.1], [0, 0]], np.float32)
    assert neighbour_accuracy(train, labels, test, np.array([0, 1, 1], np.uint8)) == pytest.approx(
        2 / 3
    )


def test_mean_squared_error_averages_over_pixels() -> None:
    assert (
        mean_squared_error(np.zeros((2, 2), np.float32), np.array([[1, 0], [0, 1]], np.float32))
        == 0.5
    )


def test_jumps_between_neighbours_cover_both_directions() -> None:
    images = np.array([[[0.0], [1.0]], [[0.25], [0.5]]], np.float32)
    assert sorted(jump_between_neighbours(images)[:, 0].tolist()) == [0.25, 0.25, 0.5, 1.0]


def test_jumps_between_strangers_are_repeatable() -> None:
    images = np.arange(9, dtype=np.float32).reshape(3, 3, 1)
    one, two = (jump_between_strangers(images, np.random.default_rng(1), 20) for _ in range(2))
    assert one.shape == (20, 1)
    assert np.array_equal(one, two)
