"""A stack is what its members would be alone: same outputs, same gradients, same graph."""

import numpy as np
import pytest
import torch

from training.learn.networks import parameter_count
from training.learn.stack import AutoencoderStack, ChosenMember
from training.publish.card import Port
from training.publish.export import export, inference_session

SIZES = (1, 2, 5, 5)
X = Port("x", ("n", 7), "ink", "input")
MEMBER = Port("member", ("n",), "", "which", "int32")
PORTS = (
    Port("h", ("n", 6), "", ""),
    Port("z", ("n", 5), "", ""),
    Port("g", ("n", 6), "", ""),
    Port("x_hat", ("n", 7), "ink", "output"),
)


@pytest.fixture
def stack() -> AutoencoderStack:
    torch.manual_seed(1)
    return AutoencoderStack(7, (6,), SIZES, ink=True)


@pytest.fixture
def x() -> torch.Tensor:
    return torch.rand(11, 7, generator=torch.Generator().manual_seed(2))


def test_members_alone_give_the_same_codes_and_reconstructions(
    stack: AutoencoderStack, x: torch.Tensor
) -> None:
    rows = x.expand(len(stack), -1, -1)
    z, x_hat = stack.encode(rows), stack(rows)
    for index, size in enumerate(SIZES):
        alone = stack.member(index)
        assert parameter_count(alone) == stack.parameter_count(index)
        assert torch.allclose(alone.encode(x), z[index, :, :size], atol=1e-6)
        assert torch.allclose(alone(x), x_hat[index], atol=1e-6)
        assert (z[index, :, size:] == 0).all()


def test_the_gradient_of_a_member_is_the_one_that_it_has_alone(
    stack: AutoencoderStack, x: torch.Tensor
) -> None:
    rows = x.expand(len(stack), -1, -1)
    (stack(rows) - rows).square().sum().backward()
    for index, size in enumerate(SIZES):
        alone = stack.member(index)
        (alone(x) - x).square().sum().backward()
        gradient = stack.weights[1].grad
        expected = alone.to_code.weight.grad
        assert gradient is not None
        assert expected is not None
        assert torch.allclose(gradient[index, :size], expected, atol=1e-5)
        assert (gradient[index, size:] == 0).all(), "padding must not train"


def test_standard_codes_have_mean_0_and_deviation_1_and_the_same_reconstructions(
    stack: AutoencoderStack, x: torch.Tensor
) -> None:
    rows = x.expand(len(stack), -1, -1)
    before = stack(rows)
    stack.standardize_codes(rows)
    z = stack.encode(rows)
    for index, size in enumerate(SIZES):
        own = z[index, :, :size]
        assert torch.allclose(own.mean(0), torch.zeros(size), atol=1e-4)
        assert torch.allclose(own.std(0, correction=0), torch.ones(size), atol=1e-4)
    assert torch.allclose(stack(rows), before, atol=1e-5)


def test_a_subset_keeps_its_members(stack: AutoencoderStack, x: torch.Tensor) -> None:
    chosen = stack.subset([3, 0])
    whole = stack(x.expand(len(stack), -1, -1))
    assert torch.allclose(chosen(x.expand(2, -1, -1)), whole[[3, 0]], atol=1e-6)
    with pytest.raises(ValueError, match="keeps the widest code, 5"):
        stack.subset([0, 1])


def test_one_graph_holds_all_members(stack: AutoencoderStack, x: torch.Tensor) -> None:
    stack.standardize_codes(x.expand(len(stack), -1, -1))

    def sample(n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        return rng.random((n, 7), dtype=np.float32), rng.integers(4, size=n).astype(np.int32)

    graph = export(ChosenMember(stack, range(4)), (X, MEMBER), PORTS, sample)
    session = inference_session(graph.model.SerializeToString())
    member = np.arange(4, dtype=np.int32)
    x_hat, z = session.run(["x_hat", "z"], {"x": np.repeat(x[:1].numpy(), 4, 0), "member": member})
    for index, size in enumerate(SIZES):
        alone = stack.member(index)
        assert np.allclose(x_hat[index], alone(x[:1]).detach().numpy()[0], atol=1e-5)
        assert (z[index, size:] == 0).all()


def test_a_stack_without_ink_has_no_dense_twin() -> None:
    with pytest.raises(ValueError, match="ends in a sigmoid"):
        AutoencoderStack(7, (6,), (2,), ink=False).member(0)
