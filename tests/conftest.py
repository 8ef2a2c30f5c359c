"""Fixtures that every kind of test shares."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder of trained models; `make book` or `python -m training` fills it."""
    folder = ROOT / "build" / "models"
    if not any(folder.glob("*/card.json")):
        pytest.fail(f"no trained models in {folder}; run: python -m training")
    return folder
