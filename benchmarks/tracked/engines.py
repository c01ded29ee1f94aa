"""The measuring tools: arrays that carry rounding bounds, draws, differences with error bars, tests of a sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class RoundingBounds:
    """A definition's step on numbers that carry a running bound: what an oracle costs over plain float64."""

    params = (["gradient_descent", "adam", "adafactor"], [10, 10_000])
    param_names = ("definition", "parameters")

    def setup(self, name: str, n: int) -> None:
        """A state after one step."""
        import importlib

        from fiducial.checks.rounding import exact

        module: Any = importlib.import_module(f"fiducial.reference.optimizers.{name}")
        x, g = np.linspace(1.0, 2.0, n), np.linspace(-1.0, 1.0, n)
        state = module.init(exact(x))
        options = {} if name == "adafactor" else {"lr": 1e-3}
        self.step: Callable[[], Any] = lambda: module.step(exact(x), exact(g), state, **options)

    def time_step(self, name: str, n: int) -> None:
        """Seconds of a step."""
        self.step()


class Draws:
    """Samples drawn by Hypothesis under a seed."""

    def setup(self) -> None:
        """A strategy of arrays."""
        from hypothesis.extra.numpy import arrays

        self.strategy = arrays(np.float64, 20)

    def time_fifty(self) -> None:
        """Seconds of fifty."""
        from fiducial.checks.engine import draw

        draw(self.strategy, 50, 0)


class Gradients:
    """A NumPy softmax's gradient judged against differences."""

    params = (["directions", "jacobian"], [64, 256])
    param_names = ("method", "inputs")

    def setup(self, method: str, n: int) -> None:
        """The definition, and a point."""
        from fiducial.reference.activations import softmax

        self.softmax, self.x = softmax, np.random.default_rng(0).standard_normal(n)

    def time_check(self, method: str, n: int) -> None:
        """Seconds of a verdict."""
        from fiducial.checks.gradients import check_gradient

        check_gradient(self.softmax.forward, self.x, backward=self.softmax.backward,
                       method=method)  # type: ignore[arg-type]


class Statistics:
    """A sample held against its law."""

    params = ("normal(0, 1)", "uniform(0, 1)", "poisson(3)")
    param_names = ("law",)

    def setup(self, law: str) -> None:
        """Ten thousand draws of the law."""
        rng = np.random.default_rng(0)
        draws: dict[str, Callable[[int], Any]] = {"n": rng.standard_normal, "u": rng.random,
                                                  "p": lambda n: rng.poisson(3, n)}
        self.sample = draws[law[0]](10_000)

    def time_verdict(self, law: str) -> None:
        """Seconds of a verdict."""
        from fiducial.checks.statistics import assert_distribution

        assert_distribution(self.sample, law)
