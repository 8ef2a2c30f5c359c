"""How a decoder answers its code: in how many directions, and how suddenly a drawing turns."""

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]

LEAST_SHARE = 0.01
"""A direction that holds less than this share of the decoder's whole response is not in use."""


def directions_in_use(jacobians: Field) -> int:
    """How many directions of a code move what is decoded from it.

    `jacobians` is `[n, outputs, k]`, ∂x̂/∂z at n codes. The eigenvalues of the mean of JᵀJ say how
    far x̂ moves, in the mean square, for a step along each of k perpendicular directions; counted
    are those that hold at least a hundredth of their sum. The count does not depend on how the
    axes of the code are turned. 0 for a decoder that ignores its code.
    """
    moved = np.einsum("npi,npj->ij", jacobians, jacobians)
    responses = np.linalg.eigvalsh(moved)
    return int(np.count_nonzero(responses > LEAST_SHARE * responses.sum()))


def half_change_shares(paths: Field) -> Field:
    """Of each way from one drawing to another, the shortest share in which half of it happens.

    `paths` is `[n, steps + 1, pixels]`, what is decoded at even steps along a line of codes. The
    change of a step is the Euclidean length of its difference. An even change gives ½, a jump
    1 / steps; float64 `[n]`, multiples of 1 / steps.
    """
    changes = np.linalg.norm(np.diff(paths, axis=1), axis=2)
    so_far = np.cumsum(changes, axis=1) / changes.sum(axis=1, keepdims=True)
    reached = np.pad(so_far, ((0, 0), (1, 0)))
    steps = changes.shape[1]
    shares = np.ones(len(paths))
    for length in range(steps, 0, -1):
        most = (reached[:, length:] - reached[:, :-length]).max(axis=1)
        shares[most >= 0.5 - 1e-9] = length / steps
    return shares
