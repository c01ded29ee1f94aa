"""What a transformation of optax does with a plan, in float64: an implementation that nobody here has written."""

from operator import attrgetter
from typing import Any

import numpy as np
import pytest

from fiducial.suites.optimizers.trajectories import Array, Plan


def optax_course(name: str, plan: Plan, **options: Any) -> list[tuple[Array, dict[str, Any]]]:
    """What `optax.<name>(**options)` does, in the form of `torch_course`; skips the test where there is no optax."""
    optax = pytest.importorskip("optax")
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        x = jax.numpy.asarray(plan.start)
        transformation = attrgetter(name)(optax)(**options)
        state = transformation.init(x)
        course: list[tuple[Array, dict[str, Any]]] = []
        for g in plan.gradients:
            update, state = transformation.update(jax.numpy.asarray(g), state, x)
            x = optax.apply_updates(x, update)
            course.append((np.array(x), {}))
    return course
