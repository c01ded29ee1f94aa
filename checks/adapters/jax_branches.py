"""`jax.lax.cond` outside of `jit`: the branch that its predicate chooses is run, as any other Python is.

JAX compiles an eager cond, and compiles it anew for each pair of functions. A factory makes such functions at every
call, so that each plan, and each step whose rate is injected, would wait for a compiler (measured: optax's NovoGrad,
0.23 of 0.24 s a step).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp

COMPILED = jax.lax.cond


def chosen(pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], *operands: Any, **more: Any) -> Any:
    """What cond gives, and what it refuses: both branches are traced, so that those of unlike types are no pair."""
    if more or isinstance(pred, jax.core.Tracer):
        return COMPILED(pred, true_fun, false_fun, *operands, **more)
    shapes = jax.eval_shape(lambda *given: COMPILED(pred, true_fun, false_fun, *given), *operands)
    out = (true_fun if pred else false_fun)(*operands)
    return jax.tree.map(lambda leaf, like: jnp.asarray(leaf, dtype=like.dtype), out, shapes)


@contextmanager
def branching() -> Iterator[None]:
    """A subject that calls `jax.lax.cond` with a predicate that is known takes its branch at once."""
    before = jax.lax.cond
    jax.lax.cond = chosen
    try:
        yield
    finally:
        jax.lax.cond = before
