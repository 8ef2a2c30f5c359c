"""Measurements of cell nuclei from 569 breast tumours, 357 of them benign (Street et al. 1993)."""

from __future__ import annotations

from sklearn.datasets import load_breast_cancer

from training.data.dataset import Floats

FEATURES: tuple[str, ...] = tuple(load_breast_cancer().feature_names.tolist())
"""The thirty measurements: mean, standard error and worst of ten properties of the nuclei."""

SOURCE = (
    "thirty measurements of the cell nuclei in each of 569 breast tumours, 357 benign and 212 "
    "malignant (Wisconsin diagnostic breast cancer, as it ships with scikit-learn)"
)


def tumours() -> tuple[Floats, Floats]:
    """Benign `[357, 30]` and malignant `[212, 30]` tumours, float32, in the table's own units."""
    table = load_breast_cancer()
    x = table.data.astype("float32")
    benign = table.target == list(table.target_names).index("benign")
    return x[benign], x[~benign]
