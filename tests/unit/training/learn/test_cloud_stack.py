"""Plain and variational twins: what their outputs go through."""

import torch

from training.learn.cloud_stack import TwinStack


def test_outputs_are_ink_unless_it_is_said_that_they_are_not() -> None:
    drawn = []
    for ink in (True, False):
        torch.manual_seed(4)
        stack = TwinStack(2, (8,), (1, 1), ink=ink)
        with torch.no_grad():
            drawn.append(stack(torch.full((4, 5, 2), 9.0)))
    torch.testing.assert_close(drawn[0], torch.sigmoid(drawn[1]))
