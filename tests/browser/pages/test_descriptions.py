"""What a figure tells those who do not see it is English, whatever it has to count."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Reader

TOLD = [
    ("anatomy", {"size": "1"}, "The code is shown, 1 number."),
    ("anatomy", {"size": "8"}, "The code is shown, 8 numbers."),
    (
        "bottleneck",
        {"complexity": 3, "k": 4},
        "Of the harmonics, 1 and 2 kept at least half of their amplitude.",
    ),
    (
        "bottleneck",
        {"complexity": 3, "k": 2},
        "Of the harmonics, 1 kept at least half of its amplitude.",
    ),
    ("digit-map", {"kind": "vae"}, "In the code of the VAE the ten nearest neighbours"),
    ("digit-map", {"kind": "pca"}, "In the code of PCA the ten nearest neighbours"),
    ("sparse-codes", {}, ". Unit 44 is woken by"),
    ("conditional", {"by": "shared"}, "Class means with shared directions draw a 7 at style"),
    (
        "conditional",
        {"data": "currents", "by": "own"},
        "Class means with own directions draw currents with",
    ),
]


@pytest.mark.parametrize(("name", "state", "words"), TOLD)
def test_descriptions_are_english(
    reader: Reader, name: str, state: dict[str, object], words: str
) -> None:
    reader.live_figure(name, state).expect_summary(words)
