"""A decoder's values are the stack's, its slopes torch's own."""

from __future__ import annotations

import pytest
import torch

from training.learn.sloped_decoder import SlopedDecoder
from training.learn.stack import AutoencoderStack


@pytest.mark.parametrize("hidden", [(9,), (9, 7)])
def test_values_and_slopes_are_those_of_torch(hidden: tuple[int, ...]) -> None:
    torch.manual_seed(3)
    stack = AutoencoderStack(5, hidden, [1, 3], ink=False).double()
    z = torch.randn(4, 3, dtype=torch.float64)
    member = torch.tensor([1, 0, 0, 1], dtype=torch.int32)
    values, slopes = SlopedDecoder(stack)(z, member)
    for row, index in enumerate(member.tolist()):

        def decoded(code: torch.Tensor, own: int = index) -> torch.Tensor:
            return stack.decode(code.expand(2, 1, -1))[own, 0]

        assert torch.allclose(values[row], decoded(z[row]), atol=1e-12)
        exact = torch.func.jacfwd(decoded)(z[row])
        assert torch.allclose(slopes[row], exact, atol=1e-12)


def test_ink_is_refused() -> None:
    with pytest.raises(ValueError, match="ink"):
        SlopedDecoder(AutoencoderStack(5, (4,), [1], ink=True))
