"""Names that BibTeX runs together are told; names that are odd are not."""

from __future__ import annotations

import pytest

from builder.load.names import run_together


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("Doe, Jane & Roe, Richard", "Doe, Jane & Roe, Richard"),
        ("J Doe; R Roe", "J Doe; R Roe"),
        (r"Doe \& Sons and Roe, R.", r"Doe \& Sons"),
        ("J. Doe, R. Roe and M. Moe", "J. Doe, R. Roe"),
        ("Doe, J., Roe, R. and Moe, M.", "Doe, J., Roe, R."),
        ("Moe, M. and Doe, J., Roe", "Doe, J., Roe"),
        ("Doe, Jane and Roe, Richard Van Moe, Mary", "Roe, Richard Van Moe, Mary"),
        ("Doe J, Roe R, Moe M", "Doe J, Roe R, Moe M"),
    ],
)
def test_names_without_and_between_them(names: str, found: str) -> None:
    assert [names[at.start : at.end] for at in run_together(names)] == [found]


@pytest.mark.parametrize(
    "names",
    [
        "{Doe & Sons}",
        "Doe, Jane and {Roe; Moe & Sons, Inc., Ltd., Co.}\n and others",
        "van der Doe, Jr., J. and de la Roe, María José",
        "Doe, III, Henry and Roe, R. R., Jr.",
        "given=Jane, family=Doe, prefix=von, useprefix=true",
        "Doe Roe, Jane Mary and St. Moe, M.",
        "J. Doe, Jr. and R. Roe",
        r"{\'E}. Doe and J. R{\"o}e and M{\o}e, {\AA}. B.",
        "d'Oe, J. le R. and O'Roe, R.-M.",
        "",
    ],
)
def test_names_that_are_odd(names: str) -> None:
    assert list(run_together(names)) == []
