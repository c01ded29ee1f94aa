"""Rules of schedules and of limits on gradients: definitions as whole runs, their claims, torch's words for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

from fiducial.checks import rate_shapes as shapes
from fiducial.checks import schedules as checks
from fiducial.checks import step_control
from fiducial.checks.clipping import LIMITS, OF_NORM, OF_VALUE, follows_a_form, follows_entry_by_entry
from fiducial.reference.schedules import (
    callback,
    clip_grad_norm,
    clip_grad_value,
    constant,
    cosine,
    cyclic,
    exponential,
    linear,
    multistep,
    one_cycle,
    plateau,
    polynomial,
    step,
    warm_restarts,
)
from fiducial.suites.rules.kinds import ClipRule, ScheduleRule

Rate = Callable[..., float]


def whole_runs(rate: Rate, recursive: Rate | None = None, *, forms: Sequence[Rate] = (), whole: bool = False,
               plain: Sequence[str] = (), momentum: Rate | None = None, momentum_forms: Sequence[Rate] = ()) -> Any:
    """A rate as a function of k, and the rate from the one before, as the claims drive a schedule: over whole runs."""

    def rates(steps: int, **options: Any) -> list[float]:
        return [rate(k, **options) for k in range(steps + 1)]

    def rates_resumed(steps: int, *, at: int, **options: Any) -> list[float]:
        return [*rates(at, **options), *(rate(k, **options) for k in range(at + 1, steps + 1))]

    def chained(steps: int, *, base: float, **options: Any) -> list[float]:
        assert recursive is not None
        found, eta = [], base
        for k in range(steps + 1):
            eta = recursive(eta, k, base=base, **options)
            found.append(eta)
        return found

    rates.__signature__ = inspect.signature(rate)  # type: ignore[attr-defined]  # adapters read the defaults
    return SimpleNamespace(rate=rate, recursive=recursive, forms=forms, whole=whole, plain=plain, rates=rates,
                           rates_resumed=rates_resumed, chained=chained if recursive else None, momentum=momentum,
                           momentum_forms=momentum_forms, momenta=_run_of(momentum) if momentum else None)


def _run_of(momentum: Rate) -> Callable[..., list[float]]:
    """A momentum over whole runs; the options of the rate alone are left out."""
    taken = inspect.signature(momentum).parameters

    def momenta(steps: int, **options: Any) -> list[float]:
        known = {name: value for name, value in options.items() if name in taken}
        return [momentum(k, **known) for k in range(steps + 1)]

    return momenta


def followed(start: Callable[..., Any], after: Callable[..., Any], **functions: Any) -> Any:
    """A state machine over metrics as the claims drive it."""

    def follow(metrics: Sequence[float], *, base: float, mode: str = "min", **options: Any) -> list[float]:
        rates, eta, state = [], base, start(mode=mode)
        for a in metrics:
            eta, state = after(eta, a, state, mode=mode, **options)
            rates.append(eta)
        return rates

    return SimpleNamespace(follow=follow, init=start, step=after, **functions)


def _factor(definition: Any, **options: Any) -> tuple[Any, ...]:
    """The claims of a schedule that is a factor on the base rate."""
    chain = (checks.chain_agrees(definition, **options),) if definition.recursive else ()
    return (checks.follows_definition(definition, **options), *chain, checks.survives_reload(**options),
            checks.scales_with_the_base(**options))


def _annealed(definition: Any, **options: Any) -> tuple[Any, ...]:
    """The claims of a schedule with rates of its own."""
    chain = (checks.chain_agrees(definition, **options),) if definition.recursive else ()
    return (checks.follows_definition(definition, **options), *chain, checks.survives_reload(**options))


def _cyclic_by_fractions(k: float, *, base: float, max_lr: float, **options: Any) -> float:
    """The rate from the height in fractions of a cycle."""
    return base + (max_lr - base) * cyclic.by_fractions(k, **options)


def _momentum_by_fractions(k: float, *, base_momentum: float = 0.8, max_momentum: float = 0.9,
                           step_size_up: int = 2000, step_size_down: int | None = None, mode: str = "triangular",
                           gamma: float = 1.0) -> float:
    """The momentum likewise."""
    return max_momentum - (max_momentum - base_momentum) * cyclic.by_fractions(
        k, step_size_up=step_size_up, step_size_down=step_size_down, mode=mode, gamma=gamma)


STEP = ScheduleRule(
    name="step", aliases=("step_decay", "steplr"), summary="Step decay: multiply the rate by γ every s steps.",
    formula="η_k = η₀ γ^⌊k/s⌋", source="Karpathy, CS231n notes, 2015",
    definition=(_step := whole_runs(step.rate, step.recursive, whole=True)),
    claims=(*_factor(_step, step_size=checks.LENGTHS, gamma=checks.GAMMAS), shapes.falls_only_at_multiples))

MULTISTEP = ScheduleRule(
    name="multistep", aliases=("multi_step", "multisteplr", "piecewise"),
    summary="Step decay by milestones: multiply the rate by γ at each of them.",
    formula="η_k = η₀ γ^#{milestones <= k}", source="He, Zhang, Ren, Sun, 2016, section 4.2",
    definition=(_multistep := whole_runs(multistep.rate, multistep.recursive, whole=True)),
    claims=(*_factor(_multistep, milestones=st.lists(st.integers(0, 30), max_size=5), gamma=checks.GAMMAS),
            shapes.order_of_milestones_is_nothing))

EXPONENTIAL = ScheduleRule(
    name="exponential", aliases=("exponential_decay", "exponentiallr"),
    summary="Exponential decay: multiply the rate by γ at every step.",
    formula="η_k = η₀ γ^k", source="Senior, Heigold, Ranzato, Yang, 2013",
    definition=(_exponential := whole_runs(exponential.rate, exponential.recursive)),
    claims=(*_factor(_exponential, gamma=checks.GAMMAS), shapes.constant_ratio))

LINEAR = ScheduleRule(
    name="linear", aliases=("linear_warmup", "linearlr"),
    summary="Linear: the factor moves in a straight line for T steps, then stays; a gradual warm-up.",
    formula="η_k = η₀ (s + (e - s) min(k, T) / T)", source="Goyal et al., 2017, section 2.2",
    definition=(_linear := whole_runs(linear.rate, linear.recursive)),
    claims=(*_factor(_linear, start_factor=shapes.FACTORS, end_factor=st.floats(0, 1), total_iters=st.integers(1, 30)),
            shapes.straight_then_constant))

CONSTANT = ScheduleRule(
    name="constant", aliases=("constant_warmup", "constantlr"),
    summary="Constant warm-up: a low rate for T steps, then the base rate.",
    formula="η_k = f η₀ for k < T, η₀ after", source="Goyal et al., 2017, section 2.2",
    definition=(_constant := whole_runs(constant.rate, constant.recursive)),
    claims=(*_factor(_constant, factor=shapes.FACTORS, total_iters=st.integers(1, 20)), shapes.low_then_high))

POLYNOMIAL = ScheduleRule(
    name="polynomial", aliases=("poly", "polynomial_decay", "polynomiallr"),
    summary="Polynomial decay to zero over T steps.",
    formula="η_k = η₀ (1 - min(k, T) / T)^p", source="Chen et al., DeepLab, 2018",
    definition=(_polynomial := whole_runs(polynomial.rate, polynomial.recursive)),
    claims=(*_factor(_polynomial, total_iters=st.integers(1, 30), power=st.just(1.0) | st.floats(0.25, 4)),
            shapes.ends_at_zero_and_stays))

COSINE = ScheduleRule(
    name="cosine", aliases=("cosine_annealing", "cosineannealinglr"),
    summary="Cosine annealing: half a cosine from the base rate to η_min in T steps; it rises again after T.",
    formula="η_k = η_min + ½ (η₀ - η_min) (1 + cos(π k / T))", source="Loshchilov, Hutter, 2017, equation 5",
    definition=(_cosine := whole_runs(cosine.rate, cosine.recursive)),
    claims=(*_annealed(_cosine, T_max=shapes.TURNS, eta_min=shapes.LOWEST), shapes.rises_again_after_T))

WARM_RESTARTS = ScheduleRule(
    name="warm_restarts", aliases=("sgdr", "cosine_warm_restarts", "cosineannealingwarmrestarts"),
    summary="Cosine annealing with warm restarts: each cycle T_mult times as long as the one before.",
    formula="η_k = η_min + ½ (η₀ - η_min) (1 + cos(π T_cur / T_i))", source="Loshchilov, Hutter, 2017, equation 5",
    definition=(_warm_restarts := whole_runs(warm_restarts.rate)),
    claims=(*_annealed(_warm_restarts, T_0=st.integers(1, 10), T_mult=st.integers(1, 3), eta_min=shapes.LOWEST),
            shapes.each_cycle_is_the_first_stretched))

_WAVES = {"max_lr": st.floats(0.5, 10), "step_size_up": checks.LENGTHS,
          "step_size_down": st.none() | checks.LENGTHS, "mode": shapes.MODES, "gamma": st.floats(0.5, 1)}
CYCLIC = ScheduleRule(
    name="cyclic", aliases=("clr", "cycliclr"), spelt={"base": ("base_lr",)},
    summary="Cyclical rates: up to the highest and down again in straight lines, over and over.",
    formula="η_k = η₀ + (η_max - η₀) s_k h", source="Smith, 2017, section 3",
    definition=(_cyclic := whole_runs(cyclic.rate, forms=(_cyclic_by_fractions,), momentum=cyclic.momentum,
                                      momentum_forms=(_momentum_by_fractions,))),
    claims=(*_annealed(_cyclic, **_WAVES), shapes.visits_both_ends, shapes.momentum_runs_against_the_rate,
            checks.momentum_follows_definition(_cyclic, **_WAVES, base_momentum=st.floats(0.5, 0.8),
                                               max_momentum=st.floats(0.8, 0.99))))

_ONE_CYCLE = {"steps": shapes.TOTAL.map(lambda n: n - 1), "total_steps": shapes.TOTAL, "pct_start": shapes.PEAKS,
              "anneal_strategy": st.sampled_from(one_cycle.SHAPES), "three_phase": st.booleans()}
_FACTORS = {"div_factor": st.floats(2, 50), "final_div_factor": st.floats(10, 1e4)}
ONE_CYCLE = ScheduleRule(
    name="one_cycle", aliases=("onecycle", "1cycle", "onecyclelr"), spelt={"base": ("max_lr",)},
    summary="One cycle: up to the highest rate, then far below the first; the momentum runs against it.",
    formula="η: η_max/d → η_max → η_max/(d f);  μ: μ_max → μ₀ → μ_max", source="Smith, Topin, 2018",
    definition=(_one_cycle := whole_runs(one_cycle.rate, momentum=one_cycle.momentum, plain=("pct_start",))),
    claims=(*_annealed(_one_cycle, **_ONE_CYCLE, **_FACTORS), shapes.starts_low_peaks_and_ends_lower,
            checks.momentum_follows_definition(_one_cycle, **_ONE_CYCLE, base_momentum=st.floats(0.5, 0.8),
                                               max_momentum=st.floats(0.8, 0.99))))

PLATEAU = ScheduleRule(
    name="plateau", aliases=("reduce_on_plateau", "reducelronplateau"),
    summary="Reduce on a plateau: when a metric has not improved for a while, multiply the rate by a factor.",
    formula="bad > patience:  η ← max(f η, η_low)", source="the lectures' recipe; Keras, 2015, ReduceLROnPlateau",
    definition=followed(plateau.init, plateau.step, is_over=plateau.is_over),
    claims=(step_control.falls_where_the_history_says, step_control.nan_is_no_improvement))


def half_each(k: int) -> float:
    """½^k."""
    return 0.5**k


def one_over_time(k: int) -> float:
    """1 / (1 + k)."""
    return 1 / (1 + k)


def now_and_then(k: int) -> float:
    """1, and 2 every third epoch."""
    return 2.0 if k % 3 == 0 else 1.0


LAMBDA = ScheduleRule(
    name="lambda", aliases=("callback", "lambdalr"), spelt={"factor": ("lr_lambda",)},
    summary="Callback: a function of the epoch is the factor on the base rate.",
    formula="η_k = η₀ f(k)", source="torch.optim.lr_scheduler.LambdaLR; Keras's LearningRateScheduler",
    definition=(_lambda := whole_runs(callback.rate, whole=True)),
    claims=(*_factor(_lambda, factor=st.sampled_from((half_each, one_over_time, now_and_then))),
            step_control.each_epoch_is_asked_once))

SCHEDULES = (STEP, MULTISTEP, EXPONENTIAL, LINEAR, CONSTANT, POLYNOMIAL, COSINE, WARM_RESTARTS, CYCLIC, ONE_CYCLE,
             PLATEAU, LAMBDA)

CLIP_GRAD_NORM = ClipRule(
    name="clip_grad_norm", aliases=("clip_grad_norm_", "clip_by_global_norm"),
    summary="Clip by norm: gradients longer than c together are shortened to c, their direction kept.",
    formula="g ← g min(1, c / ‖g‖)", source="Pascanu, Mikolov, Bengio, 2013, algorithm 1",
    definition=clip_grad_norm,
    claims=(follows_a_form(clip_grad_norm.clip, clip_grad_norm.torch_clip, max_norm=LIMITS,
                           norm_type=st.sampled_from((2.0, 1.0, 3.0, float("inf")))), *OF_NORM))

CLIP_GRAD_VALUE = ClipRule(
    name="clip_grad_value", aliases=("clip_grad_value_", "clip_by_value"),
    summary="Clip by value: every entry is limited to ±c by itself.",
    formula="g_i ← min(max(g_i, -c), c)", source="Mikolov, 2012",
    definition=clip_grad_value, claims=(follows_entry_by_entry(clip_grad_value.clip, clip_value=LIMITS), *OF_VALUE))

CLIPS = (CLIP_GRAD_NORM, CLIP_GRAD_VALUE)
