"""optax: factories of gradient transformations, stepped eagerly over a nested tree of parameters in float64.

A rate that changes on the way is written into `inject_hyperparams`' state, which is how optax changes one.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from fiducial.checks.adapters.functional import UNCLAIMED, PureOptimizer
from fiducial.checks.adapters.jax_branches import branching
from fiducial.checks.evidence import Array
from fiducial.checks.plans import Options, Plan

TRACED = "not claimed: optax's options may be traced values, which cannot be compared with a limit"
IMMUTABLE = "not claimed: its arrays cannot be written into"
GUESSES = {"learning_rate": 1e-3}  # a rate without a default; every plan sets its own
KNOWN_AS = {"count": "step", "trace": "momentum_buffer", "sum_of_squares": "sum", "e_g": "square_avg",
            "e_x": "acc_delta", "nu_max": "max_exp_avg_sq"}  # optax's name of a state tensor → the usual one


class OptaxOptimizer(PureOptimizer):
    """One optax factory with its settings."""

    framework = "optax"
    unclaimed: Mapping[str, str] = {
        **UNCLAIMED, "construction.refuses-*": TRACED, "construction.names-the-bad-argument": TRACED,
        "rule.layouts-change-nothing": "not claimed: its arrays have no strides", "state.shares-no-memory": IMMUTABLE}

    def __init__(self, factory: Callable[..., Any], settings: Mapping[str, Any]) -> None:
        """Build one transformation to see that it can be; raises whatever the factory raises."""
        parameters = inspect.signature(factory).parameters.values()
        guessed = {p.name: GUESSES[p.name] for p in parameters
                   if p.name in GUESSES and p.default in (p.empty, None)}
        defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        super().__init__(named(factory), {**defaults, **guessed}, {**guessed, **settings})
        self.factory = factory
        self.has_home = "<locals>" not in getattr(factory, "__qualname__", "")
        if not is_transformation(made := factory(**self.settings)):
            raise AttributeError("what it builds has no init() and update()")
        if missing := unmet(made):
            raise ValueError(f"update() needs {missing} beside gradients, state and parameters, and a plan holds "
                             "gradients alone")

    def built(self, options: Options, plan: Plan) -> Transformation:
        """The transformation, with a rate that can be changed where the plan changes it."""
        whole = {**self.settings, **options}
        moved = {name for by in plan.changes.values() for o in by.values() for name in self.keywords(o)}
        if not moved:
            return Transformation(self.factory(**whole), injected=False)
        fixed = [name for name in inspect.signature(self.factory).parameters if name not in moved]
        return Transformation(optax.inject_hyperparams(self.factory, static_args=fixed)(**whole), injected=True)

    def tree(self, arrays: Sequence[Array], plan: Plan) -> Any:
        """Parameters nested in a tuple of dictionaries, as those of a net are."""
        dtype = jnp.dtype(plan.dtype)
        return tuple({"layer": {"w": jnp.asarray(np.ascontiguousarray(a).reshape(a.shape), dtype=dtype)}}
                     for a in arrays)

    def leaves(self, tree: Any) -> list[Any]:
        """The arrays of a tree."""
        return list(jax.tree_util.tree_leaves(tree))

    def snapshot(self, tree: Any) -> Any:
        """Keys of random numbers by the numbers in them."""
        return super().snapshot(jax.tree.map(_plain, tree))

    def saved(self, state: Any) -> Any:
        """The leaves of the state as NumPy arrays."""
        return [np.array(_plain(leaf)) for leaf in jax.tree_util.tree_leaves(state)]

    def restored(self, saved: Any, fresh: Any) -> Any:
        """The leaves in the structure of a fresh state."""
        leaves, structure = jax.tree_util.tree_flatten(fresh)
        return jax.tree_util.tree_unflatten(structure, [
            jax.random.wrap_key_data(x, impl=jax.random.key_impl(leaf)) if _is_key(leaf) else jnp.asarray(x)
            for x, leaf in zip(saved, leaves, strict=True)])


class Transformation:
    """A gradient transformation as a pure optimizer."""

    def __init__(self, transformation: Any, *, injected: bool) -> None:
        self.transformation, self.injected = transformation, injected
        self.update = transformation.update

    def init(self, params: Any) -> Any:
        """The state before the first step."""
        return self.transformation.init(params)

    def step(self, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
        """update, then apply_updates."""
        with branching():
            updates, state = self.update(grads, state, params)
        return optax.apply_updates(params, updates), state

    def change(self, state: Any, options: Options) -> Any:
        """The state with other hyper-parameters."""
        old = state.hyperparams
        new = {name: jnp.asarray(v, dtype=jnp.asarray(old[name]).dtype) for name, v in options.items()}
        return state._replace(hyperparams={**old, **new})

    def hand_over(self, fresh: Transformation) -> None:
        """Nothing: its rate is in its state."""

    def fields(self, state: Any, count: int) -> list[dict[str, Any]]:
        """State tensors by the name of the attribute that holds their tree; counters belong to every parameter."""
        out: list[dict[str, Any]] = [{} for _ in range(count)]
        inner = state.inner_state if self.injected else state
        for path, leaf in jax.tree_util.tree_flatten_with_path(inner)[0]:
            keys = [_key(entry) for entry in path]
            nested = len(keys) >= 3 and keys[-2:] == ["layer", "w"]
            own = [out[keys[-3]]] if nested else out
            name = next((k for k in reversed(keys[:-3] if nested else keys) if isinstance(k, str)), "state")
            name = KNOWN_AS.get(name, name)
            for fields in own:
                fields[_free(name, fields)] = np.array(_plain(leaf))
        return out


def named(factory: Callable[..., Any]) -> str:
    """A factory's name; of a functools.partial, that of the function in it."""
    return str(getattr(getattr(factory, "func", factory), "__name__", type(factory).__name__))


def is_transformation(value: Any) -> bool:
    """Whether it is a gradient transformation: init and update."""
    return callable(getattr(value, "init", None)) and callable(getattr(value, "update", None))


def unmet(transformation: Any) -> str:
    """The keywords that an update cannot do without, in its own words; seen by tracing one, so that nothing is run."""

    def once(params: Any) -> Any:
        return transformation.update(params, transformation.init(params), params)

    try:
        jax.eval_shape(once, {"w": jnp.zeros(2)})
    except TypeError as error:
        found = re.search(r"missing \d+ required keyword-only arguments?: (.*)", str(error))
        return found[1] if found else ""
    except Exception:  # whatever else is wrong with it is seen when it is stepped
        return ""
    return ""


def _is_key(leaf: Any) -> bool:
    """Whether it is a key of JAX's random numbers, which NumPy does not take."""
    return isinstance(leaf, jax.Array) and bool(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key))


def _plain(leaf: Any) -> Any:
    """A leaf as it is; of a key the numbers in it."""
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _key(entry: Any) -> Any:
    """One step of a path into a tree: an attribute's name, a key or an index."""
    return next((getattr(entry, name) for name in ("name", "key", "idx") if hasattr(entry, name)), str(entry))


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """The name, with a number where it is taken already."""
    numbers = (f"{name}.{n}" for n in range(2, 100))
    return name if name not in taken else next(free for free in numbers if free not in taken)
