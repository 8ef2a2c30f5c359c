"""A number reads alike in a chapter, written by Python, and in a figure, written in the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from builder.resolve.number import written
from tests.twin import answer

FORMAT = Path(__file__).resolve().parents[2] / "site_assets/kit/base/format.ts"

SCRIPT = """
import { readFileSync } from "node:fs";
const { fixed, percent } = await import(process.argv[1]);
const { values, decimals } = JSON.parse(readFileSync(0, "utf8"));
const both = values.map((value) => [fixed(value, decimals), percent(value, decimals)]);
process.stdout.write(JSON.stringify(both));
"""


def in_figures(values: list[float], decimals: int) -> list[list[str]]:
    given = {"values": values, "decimals": decimals}
    texts: list[list[str]] = answer(SCRIPT, FORMAT.as_uri(), given=given)
    return texts


def in_chapters(values: list[float], decimals: int) -> list[list[str]]:
    return [[written(value, f",.{decimals}{kind}") for kind in "f%"] for value in values]


def test_halves_go_away_from_zero_on_both_sides() -> None:
    mean = 0.7274999999999999  # of ten shares of 360 digits, which is 0.7275
    values = [mean, float(np.float32(0.7275)), 0.7275, -0.7275, 0.7225, 0.72249]
    shares = ["72.8%", "72.8%", "72.8%", "−72.8%", "72.3%", "72.2%"]
    assert [text for _, text in in_figures(values, 1)] == shares
    assert [text for _, text in in_chapters(values, 1)] == shares
    halves = [0.5, 1.5, 2.5, -2.5]
    whole = ["1", "2", "3", "−3"]
    assert [text for text, _ in in_figures(halves, 0)] == whole
    assert [text for text, _ in in_chapters(halves, 0)] == whole


def test_no_other_number_changes() -> None:
    values = [12_345_678.4, 2_147_483_647.0, 0.12345678, 0.0, 9.994, -1.26]
    for decimals in range(6):
        expected = [f"{value:,.{decimals}f}".replace("-", "−") for value in values]
        assert [text for text, _ in in_figures(values, decimals)] == expected
        assert [text for text, _ in in_chapters(values, decimals)] == expected


def test_means_of_counts_read_alike_whatever_their_precision() -> None:
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 361, (2000, 10))
    double = (counts / 360).mean(1)
    single = [float(row.sum() / 10) for row in (counts / 360).astype(np.float32).astype(float)]
    for decimals in range(4):
        assert in_figures(single, decimals) == in_chapters(double.tolist(), decimals)


def test_points_are_percent_without_the_sign() -> None:
    assert written(0.0530555, "+.1p") == "+5.3"
    assert written(-0.186, ".1p") == "−18.6"
