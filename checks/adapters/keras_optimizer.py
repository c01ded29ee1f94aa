"""Keras 3 optimizers on the backend that Keras was imported with: built from their configuration, stepped by apply().

A run is saved as Keras saves one: get_config() and from_config(), save_own_variables() and load_own_variables().
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from fiducial.checks.adapters.functional import UNCLAIMED, PureOptimizer
from fiducial.checks.evidence import Array
from fiducial.checks.plans import Options, Plan

# Arguments of every Keras optimizer that wrap its rule in something else, and are all off by default.
WRAPPING = frozenset({"name", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum",
                      "ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps",
                      "exclude_layers", "exclude_embeddings"})  # the last two go by the names of variables
KNOWN_AS = {"momentums": "m", "velocities": "v", "velocity_hats": "vmax", "accumulators": "sum",
            "accumulated_grads": "square_avg", "accumulated_delta_vars": "acc_delta"}
SAVES = "not claimed: Keras saves an optimizer by its configuration and its variables"


class KerasOptimizer(PureOptimizer):
    """One Keras optimizer class with its settings."""

    framework = "keras"
    implementation = WRAPPING
    unclaimed: Mapping[str, str] = {
        **UNCLAIMED, "state.survives-pickle": SAVES, "state.survives-deepcopy": SAVES,
        "rule.layouts-change-nothing": "not claimed: its variables are laid out by their backend",
        "state.shares-no-memory": "not claimed: its variables hold their own memory"}

    def __init__(self, factory: Callable[..., Any], settings: Mapping[str, Any]) -> None:
        """Build one instance; raises whatever the constructor raises."""
        parameters = inspect.signature(factory).parameters.values()
        defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        super().__init__(factory.__name__, defaults, settings)
        self.factory = factory
        factory(**self.settings)

    def built(self, options: Options, plan: Plan) -> Instance:
        """An instance; where the plan saves it, one that has been through its configuration."""
        instance = self.factory(**{**self.settings, **options})
        return Instance(type(instance).from_config(instance.get_config()) if plan.reloads else instance)

    def tree(self, arrays: Sequence[Array], plan: Plan) -> Any:
        """A variable for each array."""
        return [keras.Variable(np.array(a), dtype=plan.dtype) for a in arrays]

    def leaves(self, tree: Any) -> list[Any]:
        """Copies of the variables' values."""
        return [_values(v) for v in tree]

    def snapshot(self, tree: Any) -> Any:
        """Nothing: variables are there to be written into."""
        return None

    def saved(self, state: Any) -> Any:
        """What save_own_variables stores."""
        store: dict[str, Any] = {}
        state.save_own_variables(store)
        return {name: np.array(value) for name, value in store.items()}

    def restored(self, saved: Any, fresh: Any) -> Any:
        """A fresh optimizer that has loaded what was stored."""
        fresh.load_own_variables(saved)
        return fresh


class Instance:
    """A Keras optimizer as a run drives it: the state is the optimizer itself."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer

    def init(self, params: Any) -> Any:
        """The optimizer, built on the variables."""
        self.optimizer.build(params)
        return self.optimizer

    def step(self, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
        """apply(), which writes into the variables."""
        state.apply([g.value for g in grads], params)
        return params, state

    def change(self, state: Any, options: Options) -> Any:
        """Set attributes, as a callback would: of what is wrapped where the wrapper has none of that name."""
        for name, value in options.items():
            setattr(state if hasattr(state, name) else _wrapped(state), name, value)
        return state

    def hand_over(self, fresh: Instance) -> None:
        """Nothing: its rate is among its variables."""

    def fields(self, state: Any, count: int) -> list[dict[str, Any]]:
        """Lists of variables as long as the parameters, by the attribute that holds them; and the steps done."""
        steps = int(_values(state.iterations))
        found = {name.lstrip("_"): value for name, value in vars(_wrapped(state)).items()
                 if isinstance(value, list) and len(value) == count and "variables" not in name
                 and all(isinstance(v, keras.Variable) for v in value)}
        return [{"step": steps, **{KNOWN_AS.get(name, name): _values(value[i]) for name, value in found.items()}}
                for i in range(count)]


def _wrapped(optimizer: Any) -> Any:
    """The optimizer that one wraps; itself where it wraps none."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _values(variable: Any) -> Array:
    """A copy of a variable's value, or of a tensor; nan where a step that failed has left something traced in it."""
    try:
        return np.array(keras.ops.convert_to_numpy(getattr(variable, "value", variable)))
    except TypeError:
        return np.full(variable.shape, np.nan)
