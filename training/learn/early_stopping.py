"""Early stopping: of all weights that a training passes through, those best on held-out data.

The training goes on to its end, as its learning rate falls by a schedule; what is kept is what
stopping at the best moment would have kept (Prechelt 1998, *Early Stopping – But When?*).
"""

from collections.abc import Callable

import torch
from torch import nn

from training.publish.recipe import Progress

LOOKS = 60
"""Times that the held-out loss is measured, evenly over the training."""


class BestWeights:
    """Watches a training by its reports of progress; `share` of it was done at the best weights.

    `loss` is that of the model on held-out examples, any unit, smaller is better.
    """

    def __init__(self, model: nn.Module, loss: Callable[[], float], report: Progress) -> None:
        self.model, self.loss, self.report = model, loss, report
        self.least = float("inf")
        self.share = 0.0
        self._looks = 0
        self._weights: dict[str, torch.Tensor] = {}

    def __call__(self, share: float) -> None:
        """Take note that a share, 0 to 1, of the training is done."""
        if int(share * LOOKS + 1e-9) > self._looks:
            self._looks = int(share * LOOKS + 1e-9)
            self._look(share)
        self.report(share)

    def restore(self) -> None:
        """Give the model its best weights back."""
        if self._weights:
            self.model.load_state_dict(self._weights)

    def _look(self, share: float) -> None:
        self.model.eval()
        with torch.no_grad():
            loss = self.loss()
        self.model.train()
        if loss < self.least:
            self.least, self.share = loss, share
            self._weights = {
                name: tensor.clone() for name, tensor in self.model.state_dict().items()
            }
