"""torch.optim.Optimizer classes: built and driven by a plan, with everything observable written down.

What a class accepts is found by asking: its signature, the defaults of an instance, and what raises.
"""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import torch
from torch.optim.optimizer import required

from fiducial.checks.adapters.surroundings import watched
from fiducial.checks.adapters.torch_compiled import FEW, JUDGED, Compiled
from fiducial.checks.adapters.torch_devices import Gpu
from fiducial.checks.adapters.torch_paths import FLAGS, OF_A_DIFFERENTIABLE_STEP, Arrivals, handed_over, offered
from fiducial.checks.adapters.torch_session import Interrupted, Session
from fiducial.checks.adapters.torch_unusual import Unusual
from fiducial.checks.handling import PLAIN, Handling
from fiducial.checks.plans import Demands, Options, Plan, Record, spelt

Names = Mapping[str, tuple[str, int | None]]  # canonical option → keyword, and the place in a tuple such as betas

# Options that choose among implementations of one rule, or what is said about it: they change no number.
IMPLEMENTATION = frozenset({"foreach", "fused", "capturable", "differentiable", "compile", "triton", "use_triton",
                            "use_compile", "compile_step", "multi_tensor", "cuda", "verbose",
                            "no_deprecation_warning", "log_every", "fsdp_in_use", "gradient_release"})
GUESSES = {"lr": 1e-3}  # a rate without a default; every plan sets its own


class TorchOptimizer:
    """One torch optimizer class with its settings.

    factory   the class (or a function with its call signature)
    settings  keywords that every construction is given
    names     how the canonical options of the rule are spelt here
    """

    framework = "torch"
    implementation = IMPLEMENTATION

    def __init__(self, factory: Callable[..., Any], settings: Mapping[str, Any], names: Names | None = None,
                 device: str = "cpu") -> None:
        """Build one instance to learn the defaults; raises whatever the constructor raises."""
        self.factory = factory
        self.handling: Handling = getattr(factory, "handling", PLAIN)
        self.dtype: torch.dtype = getattr(torch, self.handling.dtype or "float64")
        self.settings = {**self._required(factory), **settings}
        self.names: Names = names or {}
        self.demands = Demands()
        self.device = torch.device(device)
        self.way = ""  # how its settings are handed over, where that is a path of its own
        probe = factory([torch.nn.Parameter(torch.zeros(2, 2, dtype=self.dtype, device=device))], **self.settings)
        self.title = type(probe).__name__
        self.known = frozenset(_parameters(factory))
        self.flags = self.known & frozenset(FLAGS)
        self.derived = frozenset(n for n, p in _parameters(factory).items() if p.default is None) - settings.keys()
        self.has_home = "<locals>" not in getattr(factory, "__qualname__", "")  # pickle can find it by its name
        if not isinstance(probe.param_groups[0], Mapping):
            raise AttributeError(f"its param_groups hold a {type(probe.param_groups[0]).__name__}, not dictionaries")
        self.group_keys = {key for key in probe.param_groups[0] if key not in ("params", "param_names")}
        self.defaults = self._defaults(factory, probe)

    def _required(self, factory: Callable[..., Any]) -> dict[str, Any]:
        """Values for the arguments that have no default and can be guessed."""
        return {name: GUESSES[name] for name, p in _parameters(factory).items()
                if _needed(p) and name in GUESSES}

    def _defaults(self, factory: Callable[..., Any], probe: Any) -> dict[str, Any]:
        """Every keyword of the constructor with the value it has when left out, `settings` applied."""
        seen = {**getattr(probe, "defaults", {}), **{k: probe.param_groups[0][k] for k in self.group_keys}}
        out = {name: p.default for name, p in _parameters(factory).items() if not _needed(p)}
        if _takes_any_keyword(factory):  # it hands them on: what may be given stands in the instance's defaults
            out.update(getattr(probe, "defaults", {}))
        out.update({name: seen[name] for name in out if name in seen and name not in IMPLEMENTATION})
        out.update(self.settings)
        return out

    def paths(self) -> list[str]:
        """The flags and ways that choose a path of its own on this device."""
        if self.handling.paths is not None:
            return [name for name in self.handling.paths if name not in self.settings]
        return offered(self)

    @property
    def gpu(self) -> Gpu | None:
        """What can be seen of it on its GPU; None on a CPU."""
        return None if self.device.type == "cpu" else Gpu(self)

    @property
    def judged_on_few_draws(self) -> tuple[str, ...] | None:
        """The checks that are judged where each run is compiled; None: all are, elsewhere."""
        return JUDGED if self.way == "compiled" else None

    @property
    def most_draws(self) -> int | None:
        """How many plans of a kind are drawn at most."""
        return FEW if self.way == "compiled" else None

    def uncompiled(self) -> TorchOptimizer:
        """The same subject, whose steps are not compiled."""
        plain = copy.copy(self)
        plain.way = ""
        return plain

    @property
    def unclaimed(self) -> Mapping[str, str]:
        """The checks that its path does not claim, as globs, with the reason."""
        return {**self.handling.unclaimed, **(OF_A_DIFFERENTIABLE_STEP if self.settings.get("differentiable") else {})}

    def keywords(self, options: Options) -> dict[str, Any]:
        """Canonical options as keywords of the class: (beta1=0.5) → (betas=(0.5, 0.999))."""
        return spelt(options, self.names, self.defaults)

    def handed_over(self, words: Mapping[str, Any]) -> dict[str, Any]:
        """Keywords as the subject's way hands them over: the learning rate as a fresh tensor, if that is the way."""
        return handed_over(self, words)

    def start(self) -> dict[str, Any]:
        """The settings of every construction; where the way concerns an option, that option is always given."""
        rate = self.names.get("lr", ("lr", None))[0]
        return {rate: self.defaults[rate], **self.settings} if self.way and rate in self.defaults else self.settings

    def per_group(self, name: str) -> bool:
        """Whether an option can be set in a parameter group."""
        return self.names.get(name, (name, None))[0] in self.group_keys

    def build(self, spec: Any, options: Options) -> Any:
        """An instance on a parameter specification, with canonical options; one that has modes is put into training."""
        built = self.factory(spec, **self.handed_over({**self.start(), **self.keywords(options)}))
        if callable(getattr(built, "train", None)):
            built.train()
        return built

    def construct(self, form: str, options: Options | None = None, steps: int = 0) -> Any:
        """Construct on a form of parameters out of `torch_forms.FORMS`, step with unit gradients: what came of it."""
        from fiducial.checks.adapters.torch_forms import Attempt

        return Attempt(self, form, options or {}, steps)

    def attempt(self, what: str, plan: Plan | None = None) -> Any:
        """Try what no plan can say, out of `torch_attempts.ATTEMPTS`: what came of it."""
        from fiducial.checks.adapters.torch_attempts import ATTEMPTS

        return ATTEMPTS[what](self, plan)

    @property
    def reads_older_states(self) -> bool:
        """Whether its class says how a state of an earlier version is read: by a __setstate__ of its own."""
        kinds = inspect.getmro(self.factory) if inspect.isclass(self.factory) else ()
        own = kinds[:kinds.index(torch.optim.Optimizer)] if torch.optim.Optimizer in kinds else kinds
        return any("__setstate__" in vars(kind) for kind in own)

    def drive(self, plan: Plan) -> Record:
        """Run a plan and record everything; an exception of the subject ends the run and is recorded."""
        plan = replace(plan, compiled=True) if self.way == "compiled" else plan
        record = Record(plan, [t.start.astype(self.handling.dtype or t.start.dtype) for t in plan.tensors])
        with watched(record), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with suppress(Interrupted):
                _session(plan)(self, plan, record).run()
        return record


def _session(plan: Plan) -> type[Session]:
    """How a plan is run."""
    if plan.compiled:
        return Compiled
    return Arrivals if plan.released else Unusual if plan.unusual else Session


def _parameters(factory: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The keywords that a constructor takes after the parameters themselves."""
    try:
        parameters = list(inspect.signature(factory).parameters.values())
    except (TypeError, ValueError):
        return {}
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {p.name: p for p in parameters[1:] if p.kind in kinds}


def _takes_any_keyword(factory: Callable[..., Any]) -> bool:
    """Whether a constructor ends in **kwargs."""
    try:
        return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(factory).parameters.values())
    except (TypeError, ValueError):
        return False


def _needed(parameter: inspect.Parameter) -> bool:
    """Whether an argument has no default, or torch's sign for having none."""
    return parameter.default is parameter.empty or parameter.default is required


def unguessable(factory: Callable[..., Any], settings: Mapping[str, Any]) -> list[str]:
    """Arguments that the constructor needs, that have no default, and that nobody can guess."""
    return [name for name, p in _parameters(factory).items()
            if _needed(p) and name not in settings and name not in GUESSES]
