"""Corruptions side by side: each member gets its own strength of the same draws."""

import torch

from training.learn.spoiler import Spoiler


def test_noise_grows_with_the_deviation_and_blanks_with_the_share() -> None:
    clean = torch.full((200, 50), 0.5)
    spoil = Spoiler(noise=(0.0, 0.2, 0.4), blanked=(0.25, 0.75))
    rows = spoil(clean, torch.Generator().manual_seed(1))
    assert rows.shape == (len(spoil), 200, 50)
    assert torch.equal(rows[0], clean)
    torch.testing.assert_close(rows[2] - clean, 2 * (rows[1] - clean))
    assert abs(float((rows[1] - clean).std()) - 0.2) < 0.01
    for share, member in zip((0.25, 0.75), rows[3:], strict=True):
        assert abs(float((member == 0).float().mean()) - share) < 0.02
        assert torch.equal(member[member != 0], clean[member != 0])
    assert bool((rows[4] <= rows[3]).all())


def test_one_generator_gives_the_same_draws_at_every_strength() -> None:
    clean = torch.zeros(10, 4)
    weak, strong = (
        Spoiler(noise=(one,))(clean, torch.Generator().manual_seed(2)) for one in (0.1, 0.3)
    )
    torch.testing.assert_close(3 * weak, strong)
