"""Weights of eight bits are few values, each of which half precision holds."""

import torch

from training.publish.eight_bits import round_to_bytes


def test_rounding_to_bytes_leaves_few_values_that_half_precision_holds() -> None:
    torch.manual_seed(3)
    model = torch.nn.Linear(20, 40)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    round_to_bytes(model)
    for parameter, was in zip(model.parameters(), before, strict=True):
        assert torch.equal(parameter.half().float(), parameter)
        assert len(set(parameter.flatten().tolist())) <= 255
        assert float((parameter.detach() - was).abs().max()) <= 1.01 * float(was.abs().max()) / 127
    few = torch.nn.Linear(2, 2)
    expected = [parameter.half().float() for parameter in few.parameters()]
    round_to_bytes(few)
    for parameter, half in zip(few.parameters(), expected, strict=True):
        assert torch.equal(parameter, half)
