"""Where a falling curve of errors turns: the knee."""

from collections.abc import Sequence

import numpy as np


def knee(sizes: Sequence[float], errors: Sequence[float]) -> int:
    """The size at which the error curve, on a logarithmic axis, lies furthest below its chord.

    The chord is the straight line from the first point of the curve to its last, and the distance
    is taken along the logarithm of the error. This is the criterion of Kneedle without smoothing
    (Satopää et al. 2011, *Finding a “Kneedle” in a Haystack*, section III), on log error because
    the book draws it so: there a floor of noise shows as what it is, a level.
    Raises ValueError for fewer than three points or an error that is not positive.
    """
    x, y = np.asarray(sizes, float), np.asarray(errors, float)
    if len(x) < 3 or len(x) != len(y):
        raise ValueError(f"a knee needs three points or more, found {len(x)} and {len(y)}")
    if not (y > 0).all():
        raise ValueError(f"errors must be positive, found {y.min():g}")
    level = np.log(y)
    chord = level[0] + (level[-1] - level[0]) * (x - x[0]) / (x[-1] - x[0])
    return int(x[np.argmax(chord - level)])
