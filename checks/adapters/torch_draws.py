"""torch's random maps and initializers as the claims call them; every draw is seeded from the caller's generator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from fiducial.checks.adapters.callings import Adapted, Calling, Sample, called
from fiducial.checks.adapters.torch_maps import array, is_module, tensor
from fiducial.checks.claims import Refused
from fiducial.checks.evidence import Array


@contextmanager
def seeded(rng: np.random.Generator) -> Iterator[None]:
    """The global generators of torch and NumPy under a seed of the caller's; afterwards they are as they were."""
    before = np.random.get_state()  # noqa: NPY002  a subject may draw from it
    seed = int(rng.integers(2**62))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(before)  # noqa: NPY002


class TorchRandomMap(Adapted[Calling]):
    """A torch function with `training`, or a module class with train() and eval()."""

    dtypes = ("float64", "float32")

    def train(self, x: Array, *, rng: np.random.Generator, **options: Any) -> Any:
        """One draw in training."""
        with torch.no_grad(), seeded(rng):
            return array(self._evaluate(tensor(x), True, options))

    def test(self, x: Array, **options: Any) -> Any:
        """The value at test."""
        with torch.no_grad():
            return array(self._evaluate(tensor(x), False, options))

    def train_with_gradient(self, x: Array, g: Array, *, rng: np.random.Generator,
                            **options: Any) -> tuple[Any, Any]:
        """One draw in training, and the gradient of x under the same draw."""
        leaf = tensor(x).requires_grad_()
        with seeded(rng):
            y = self._evaluate(leaf, True, options)
        (grad,) = called(torch.autograd.grad, y, [leaf], tensor(g))
        return array(y), array(grad)

    def _evaluate(self, x: torch.Tensor, training: bool, options: Sample) -> Any:
        words = self._words(options, "train")
        x = x.clone() if self.in_place else x
        if is_module(self._thing):
            module = called(self._thing, **words)
            return called(module.train(training).to(x.dtype), x)
        if "training" not in self._signature.keywords:
            raise Refused(f"{self.title} does not say whether it trains: it takes no training")
        return called(self._thing, x, training=training, **words)


class TorchInitializer(Adapted[Calling]):
    """A torch function that fills a tensor in place, or returns a filled one."""

    def draw(self, shape: tuple[int, ...], *, rng: np.random.Generator, **options: Any) -> Array:
        """One filled array, float64."""
        words = self._words(options, "draw")
        empty = torch.full(shape, torch.nan, dtype=torch.float64)
        with seeded(rng):
            filled = called(self._thing, empty, **words)
        found: Array = array(filled if isinstance(filled, torch.Tensor) else empty)
        return found
