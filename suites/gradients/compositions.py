"""Random smooth functions: chains of matrices and activations, at points of every size."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

ACTIVATIONS: list[Callable[[Any], Any]] = [
    torch.sin, torch.cos, torch.tanh, torch.sigmoid, torch.atan, torch.erf, torch.nn.functional.softplus,
    lambda x: torch.exp(-x * x), lambda x: torch.log1p(x * x), lambda x: x**3 / (1 + x * x),
    lambda x: torch.sqrt(1 + x * x), lambda x: torch.exp(torch.tanh(x) / 2), lambda x: torch.cumsum(x, -1),
    lambda x: torch.softmax(x, -1), lambda x: x * torch.logsumexp(x, -1, keepdim=True),
    lambda x: x / (1 + (x * x).sum(-1, keepdim=True)),
]
REDUCTIONS: list[Callable[[Any], Any]] = [torch.sum, lambda x: (x * x).mean(), lambda x: x]


def composition(seed: int) -> tuple[Callable[[Any], Any], Any]:
    """One to four layers of width up to six, summed, squared or left as they are; |x| from 10⁻³ to 10²."""
    rng = np.random.default_rng(seed)
    width, depth = int(rng.integers(1, 7)), int(rng.integers(1, 5))
    matrices = [torch.from_numpy(rng.standard_normal((width, width)) / np.sqrt(width)) for _ in range(depth)]
    activations = [ACTIVATIONS[i] for i in rng.integers(0, len(ACTIVATIONS), depth)]
    reduce, scale = REDUCTIONS[rng.integers(0, 3)], 10 ** rng.uniform(-3, 2)

    def f(x: Any) -> Any:
        for matrix, activation in zip(matrices, activations, strict=True):
            x = activation(x @ matrix) + x / 10
        return reduce(x)

    return f, torch.from_numpy(rng.standard_normal((int(rng.integers(1, 4)), width)) * scale)
