"""`digits-pca`: two principal components, the linear rival of the trained codes of digits."""

from training.data.digits import digits
from training.measure.metrics import NEIGHBOURS, neighbour_accuracy
from training.measure.pca import PrincipalComponents
from training.publish.card import Metric, Port
from training.publish.recipe import Progress, Recipe, Trained
from training.recipes.families.digit_codes import CODE_SIZE, measure, publishable

SEED = 7

Z = Port(
    "z",
    ("n", CODE_SIZE),
    "ink, as a length in the space of 64 pixels",
    "coordinates along the first two principal components, from the mean digit",
)


def train(progress: Progress) -> Trained:
    """Singular value decomposition of the training digits; nothing is random."""
    dataset = digits()
    model = PrincipalComponents(dataset.train.x, CODE_SIZE)
    codes, metrics = measure(model, dataset)
    metrics["test.pixels_knn_accuracy"] = Metric(
        neighbour_accuracy(
            dataset.train.x, dataset.train.labels, dataset.test.x, dataset.test.labels
        ),
        "share of digits",
        "test",
        "digits whose class is the commonest among the "
        f"{NEIGHBOURS} training digits nearest to them in all {dataset.test.x.shape[1]} pixels",
    )
    progress(0.5)
    return publishable(
        model,
        dataset,
        code=Z,
        encoder_outputs=(Z,),
        codes=codes,
        metrics=metrics,
        seed=SEED,
        parameters=model.mean.numel() + model.components.numel(),
        options={"code_size": CODE_SIZE, "clipped": False},
    )


RECIPE = Recipe(
    title="Digits along two principal components",
    description="principal component analysis of handwritten digits; decodes may leave 0..1",
    honesty="exact",
    train=train,
)
