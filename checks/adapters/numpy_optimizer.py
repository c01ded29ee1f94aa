"""NumPy optimizers: a step function with `init` beside it, or a class of the protocol in `checks.adapters.functional`.

    def init(x): ...                                → state
    def step(x, g, state, *, lr=…, …): ...          → (x, state)

work on one array, and are called for each parameter in turn. `init` may name options of `step` among its arguments.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from fiducial.checks.adapters.functional import UNCLAIMED, PureOptimizer, laid_out
from fiducial.checks.evidence import Array
from fiducial.checks.plans import Options, Plan

UNREFUSED = "not claimed: a step function is given its options anew at each step, and nothing is constructed"
GUESSES = {"lr": 1e-3, "learning_rate": 1e-3, "eta": 1e-3}  # a rate without a default; every plan sets its own


class NumpyOptimizer(PureOptimizer):
    """A step function, or a class with init and step, and its settings."""

    unclaimed: Mapping[str, str] = {**UNCLAIMED, "construction.refuses-*": UNREFUSED,
                                    "construction.names-the-bad-argument": UNREFUSED}

    def __init__(self, thing: Callable[..., Any], settings: Mapping[str, Any]) -> None:
        """Look at the signature; raises TypeError for options that have no default and cannot be guessed."""
        self.whole = inspect.isclass(thing)  # steps all parameters at once
        self.thing: Any = thing() if self.whole else thing
        taking = keywords_of(getattr(self.thing, "step", thing))
        needed = [name for name, default in taking.items()
                  if default is inspect.Parameter.empty and name not in settings]
        if strange := [name for name in needed if name not in GUESSES]:
            shown = " ".join(f"--set {name}=VALUE" for name in strange)
            raise TypeError(f"{', '.join(strange)} has no default: give {shown}")
        guessed = {name: GUESSES[name] for name in needed}
        defaults = {name: d for name, d in taking.items() if d is not inspect.Parameter.empty}
        super().__init__(thing.__name__, {**defaults, **guessed}, {**guessed, **settings})
        self.has_home = "<locals>" not in thing.__qualname__

    def built(self, options: Options, plan: Plan) -> Stepper:
        """The functions with their options."""
        whole = {**self.defaults, **self.settings, **options}
        if self.whole:
            return Stepper(self.thing.init, self.thing.step, whole)
        init = init_of(self.thing)
        own = {name: whole[name] for name in list(inspect.signature(init).parameters)[1:] if name in whole}
        return Each(lambda x: init(x, **own), self.thing, whole)

    def tree(self, arrays: Sequence[Array], plan: Plan) -> Any:
        """A list of arrays."""
        return [a if a.dtype == np.float64 else laid_out(a, "contiguous") for a in arrays]

    def leaves(self, tree: Any) -> list[Any]:
        """The arrays."""
        return list(tree)

    def saved(self, state: Any) -> Any:
        """What pickle makes of the state."""
        return pickle.loads(pickle.dumps(state))

    def restored(self, saved: Any, fresh: Any) -> Any:
        """What was saved, which stands for itself."""
        return saved


class Stepper:
    """A step over all parameters at once, with its options."""

    def __init__(self, init: Callable[..., Any], step: Callable[..., Any], options: Mapping[str, Any]) -> None:
        self.first, self.next, self.options = init, step, dict(options)

    def init(self, params: Any) -> Any:
        """The state before the first step."""
        return self.first(params)

    def step(self, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
        """Parameters and state after one step; both must come back."""
        return _pair(self.next(params, grads, state, **self.options))

    def change(self, state: Any, options: Options) -> Any:
        """Other options from now on."""
        self.options.update(options)
        return state

    def hand_over(self, fresh: Stepper) -> None:
        """The options, which the caller gives at each step."""
        fresh.options.update(self.options)

    def fields(self, state: Any, count: int) -> list[dict[str, Any]]:
        """Lists as long as the parameters belong to each; what is no list belongs to all."""
        named = _named(state)
        return [{name: value[i] if isinstance(value, list | tuple) and len(value) == count else value
                 for name, value in named.items()} for i in range(count)]


class Each(Stepper):
    """A step over one array, taken for each parameter in turn."""

    def init(self, params: Any) -> Any:
        """A state for each parameter."""
        return [self.first(x) for x in params]

    def step(self, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
        """Every parameter's step."""
        with np.errstate(all="ignore"):
            pairs = [_pair(self.next(x, g, s, **self.options)) for x, g, s in zip(params, grads, state, strict=True)]
        return [x for x, _ in pairs], [s for _, s in pairs]

    def fields(self, state: Any, count: int) -> list[dict[str, Any]]:
        """Each parameter's own state by name."""
        return [_named(one) for one in state]


def keywords_of(step: Callable[..., Any]) -> dict[str, Any]:
    """The options of a step and their defaults: what it takes after parameters, gradients and state."""
    parameters = list(inspect.signature(step).parameters.values())
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {p.name: p.default for p in parameters[3:] if p.kind in kinds}


def init_of(step: Callable[..., Any]) -> Any:
    """The `init` in the file of a step function; None if there is none."""
    return getattr(step, "__globals__", {}).get("init")


def _pair(returned: Any) -> tuple[Any, Any]:
    """Parameters and state. Raises ValueError for anything else."""
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise ValueError(f"a step returns (parameters, state), got {type(returned).__name__}")
    return returned


def _named(state: Any) -> dict[str, Any]:
    """A state by the names of its parts."""
    if state is None:
        return {}
    if hasattr(state, "_asdict"):
        return dict(state._asdict())
    if isinstance(state, Mapping):
        return {str(name): value for name, value in state.items()}
    if isinstance(state, tuple | list):
        return {str(i): value for i, value in enumerate(state)}
    return dict(vars(state)) if hasattr(state, "__dict__") else {"state": state}
