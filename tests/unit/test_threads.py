"""Processes of tests don't compete with each other for the cores."""

from __future__ import annotations

import numpy as np
import torch
from threadpoolctl import threadpool_info


def test_a_calculation_keeps_to_one_thread() -> None:
    np.linalg.norm(torch.ones(2, 2).numpy())
    pools = threadpool_info()
    assert {"blas", "openmp"} <= {pool["user_api"] for pool in pools}
    assert {pool["num_threads"] for pool in pools} == {1}
    assert torch.get_num_threads() == 1
