"""What every recipe needs before its first step; importing this module does it.

The imports of torch, scikit-learn and the exporter take seconds of processor time, and so does
the first export of a process. Where workers are forked from a process that has done it, it is done
once, elsewhere by each of them. Nothing here changes a number of any model.
"""

import gc
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any

LIBRARIES = (
    "onnxruntime",
    "scipy.signal",
    "sklearn.covariance",
    "sklearn.datasets",
    "sklearn.decomposition",
    "sklearn.discriminant_analysis",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.mixture",
    "sklearn.neighbors",
)
"""What recipes import beside torch and onnx."""

COLLECT_AFTER = 50_000
"""Objects between two collections of garbage: tracing makes many that live on for a while."""


def warm_up() -> None:
    """Import the libraries, export a network of one layer, and spare the exporter repetitions.

    Fails in silence: what is wrong here goes wrong in the recipes, which say so by name.
    """
    with suppress(Exception):
        for library in LIBRARIES:
            import_module(library)
        remember_signatures()
        remember_composites()
        export_something()
    gc.collect()
    gc.freeze()  # what was imported stays, and need not be looked through again
    gc.set_threshold(COLLECT_AFTER)


def remember_signatures() -> None:
    """Let scikit-learn read the signature of each class once, not once for each tree of a forest.

    Where another version reads them elsewhere, forests are slower and otherwise the same.
    """
    with suppress(ImportError, AttributeError):
        estimator: Any = import_module("sklearn.base").BaseEstimator
        names: Any = cache(estimator._get_param_names.__func__)
        estimator._get_param_names = classmethod(names)


def remember_composites() -> None:
    """Let torch list its composite operators once a process, not several times an export.

    The lists are constants of the pinned torch, to which the book adds no operators; where another
    version makes them elsewhere, exports are slower and otherwise the same.
    """
    with suppress(ImportError, AttributeError):
        utils: Any = import_module("torch._export.utils")
        listed = utils._collect_all_valid_cia_ops_for_namespace
        utils._collect_all_valid_cia_ops_for_namespace = cache(listed)


def export_something() -> None:
    """The first export of a process imports and builds what the others find."""
    import torch

    from training.publish.export import exported

    example = (torch.zeros(3, 2),)
    batch = ({0: torch.export.Dim("n", min=1)},)
    exported(torch.nn.Linear(2, 1).eval(), example, ["x"], ["y"], batch)


warm_up()
