"""What the recipes share whose classes sort themselves out in the page (F5)."""

from __future__ import annotations

from torch import nn

from training.data.dataset import Dataset
from training.live.declaration import LiveModel, learning_rate
from training.live.measures import organised, organised_by_pca
from training.live.networks import MEAN_SQUARED_ERROR, autoencoder_graphs, mean_squared_error
from training.live.produce import LiveData, LivePlan
from training.publish.card import DataCard
from training.publish.recipe import PublishedArray

HIDDEN = (32, 16)
CODE_SIZE = 2


def organising_model(
    network: nn.Module, input_size: int, unit: str, *, batch_size: int, steps: int
) -> LiveModel:
    """An autoencoder with a code of two numbers; `unit` is that of its inputs."""
    return LiveModel(
        network=network,
        loss=mean_squared_error,
        terms=MEAN_SQUARED_ERROR,
        input_size=input_size,
        batch_size=batch_size,
        steps=steps,
        lr=learning_rate(3e-3),
        inference=autoencoder_graphs(input_size, CODE_SIZE, unit),
    )


def organising_plan(
    model: LiveModel,
    data: Dataset,
    train: PublishedArray,
    validation: PublishedArray,
    scale: float = 1.0,
) -> LivePlan:
    """Data, measurements and seeds of the figure's runs.

    `train` and `validation` are the splits of `data` as the page gets them, which `scale` turns
    into inputs.
    """
    labels = {"train": data.train.labels, "validation": data.validation.labels}
    return LivePlan(
        model=model,
        data=LiveData(DataCard.of(data), train, validation, scale=scale),
        measure=organised(data.train, data.validation),
        arrays={
            f"labels_{split}": PublishedArray(classes, "class", "for drawing only")
            for split, classes in labels.items()
        },
        metrics=organised_by_pca(data.train, data.validation),
    )
