"""Wrong steps of preprocessing that more than one test rejects."""

from __future__ import annotations

from typing import Any

from fiducial.checks.evidence import Array
from fiducial.suites.bindings import variant


def fitted_again(step: Any) -> Any:
    """A step that is fitted again to whatever it transforms."""

    def forward(x: Array, fitted: Any, **options: Any) -> Any:
        return step.forward(x, step.fit(x), **options)

    return variant(step, forward=forward)


def unscaled_gradient(x: Array, fitted: Any, g: Array, **options: Any) -> Array:
    """A backward pass that forgets the step."""
    return g
