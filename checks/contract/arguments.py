"""Arguments of the constructor: numbers that cannot be meant are refused, with an error that says which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable
from fiducial.checks.evidence import Gap, Severity

SHOULD = Severity.SHOULD
ILLEGAL = {"lr": (-0.1,), "eps": (-1e-3,), "weight_decay": (-0.1,), "momentum": (-0.1,), "beta1": (-0.1, 1.0),
           "beta2": (-0.1, 1.0), "rho": (-0.1,), "lr_decay": (-0.1,), "initial_accumulator_value": (-0.1,)}


def _values_accepted(lab: Laboratory, values: Callable[[str], tuple[Any, ...]], names: list[str]) -> list[str]:
    """The illegal values that the constructor took without a word."""
    return [f"{name}={value}" for name in names for value in values(name)
            if lab.subject.construct("list", {name: value}).failure is None]


def _refuses_illegal(*names: str) -> Callable[[Laboratory], Gap]:
    """Illegal values of the named options are refused."""

    def judge(lab: Laboratory) -> Gap:
        claimed = [name for name in names if lab.has(name)]
        if not claimed:
            raise NotApplicable(f"not claimed: takes no {' and no '.join(names)}")
        accepted = _values_accepted(lab, lambda name: ILLEGAL[name], claimed)
        return Gap(float(len(accepted)), 0.0, f"accepted {', '.join(accepted)}", {"accepted": accepted})

    return judge


@claim("construction", 5, SHOULD, None, needs_step=False)
def refuses_a_negative_rate(lab: Laboratory, _: None) -> Gap:
    """A negative learning rate is refused.

        cls(params, lr=-0.1)

    Allowed  an exception only.
    Rejects  a class that then climbs instead of descending.
    Mend     `if not 0.0 <= lr < float("inf"): raise ValueError(f"lr must be at least 0 and finite, got {lr}")`.
    Cares    a sign lost in a schedule or a sweep climbs the loss: an error in the first line costs nothing, a run costs
             hours.
    """
    return _refuses_illegal("lr")(lab)


@claim("construction", 5, SHOULD, None, needs_step=False)
def refuses_a_negative_epsilon(lab: Laboratory, _: None) -> Gap:
    """A negative ε is refused.

        cls(params, eps=-1e-3)

    Allowed  an exception only.
    Rejects  a class that may divide by zero wherever √v = |ε|.
    Mend     `if not 0.0 <= eps < float("inf"): raise ValueError(f"eps must be at least 0 and finite, got {eps}")`.
    Cares    √v + ε vanishes where √v = |ε|, in some entries at some step: nan comes late, and its cause is long gone.
    """
    return _refuses_illegal("eps")(lab)


@claim("construction", 5, SHOULD, None, needs_step=False)
def refuses_a_negative_decay(lab: Laboratory, _: None) -> Gap:
    """A negative weight decay is refused.

        cls(params, weight_decay=-0.1)

    Allowed  an exception only.
    Rejects  a class whose parameters then grow without end.
    Mend     `if not 0.0 <= weight_decay < float("inf"): raise ValueError(…)`, with the value in the message.
    Cares    negative decay multiplies every weight by more than 1 at each step, slowly enough to pass for poor tuning.
    """
    return _refuses_illegal("weight_decay")(lab)


@claim("construction", 5, SHOULD, None, needs_step=False)
def refuses_decay_rates_out_of_range(lab: Laboratory, _: None) -> Gap:
    """Decay rates of averages outside [0, 1), and negative momentum, are refused.

        cls(params, betas=(1.0, 0.999)), cls(params, momentum=-0.1)

    Allowed  an exception only.
    Rejects  a class that divides by 1 - β₁ᵗ = 0 at the first step.
    Mend     `if not 0.0 <= beta < 1.0: raise ValueError(…)` for each rate of an average; momentum must be at least 0.
    Cares    β₁ = 1 makes the corrected moment 0/0; a rate above 1 makes the average grow until it overflows.
    """
    return _refuses_illegal("beta1", "beta2", "momentum", "rho")(lab)


@claim("construction", 5, SHOULD, None, needs_step=False)
def names_the_bad_argument(lab: Laboratory, _: None) -> Gap:
    """What is refused is refused with ValueError, and its message holds the value.

        ValueError: Invalid learning rate: -0.1

    Allowed  ValueError whose text has the value in it.
    Rejects  a bare assert.
    Mend     raise ValueError(f"Invalid learning rate: {lr}") in place of `assert lr >= 0`.
    Cares    sweeps catch ValueError and log its text; an assert is switched off by python -O and says nothing.
    """
    silent, refused = [], 0
    for name, values in ILLEGAL.items():
        for value in values if lab.has(name) else ():
            failure = lab.subject.construct("list", {name: value}).failure
            refused += failure is not None
            if failure is not None and ("ValueError" not in failure.kinds or str(value) not in failure.message):
                silent.append(f"{name}={value}: {failure}")
    if not refused:
        raise NotApplicable("not judgeable: no illegal value is refused")
    return Gap(float(len(silent)), 0.0, "; ".join(silent))


def _refuses_special(lab: Laboratory, value: float) -> Gap:
    """No option takes the value."""
    names = [c.name for c in lab.choices if c.name in ILLEGAL]
    if not names:
        raise NotApplicable("not claimed: takes no number that could be refused")
    accepted = _values_accepted(lab, lambda name: (value,), names)
    return Gap(float(len(accepted)), 0.0, f"accepted {', '.join(accepted)}", {"accepted": accepted})


@claim("construction", 6, SHOULD, None, needs_step=False)
def refuses_nan(lab: Laboratory, _: None) -> Gap:
    """A hyper-parameter that is nan is refused, before it reaches every weight.

        cls(params, lr=nan)

    Allowed  an exception only, for every option.
    Rejects  `if lr < 0: raise`, which nan passes (`if not lr >= 0` stops it).
    Mend     write the test so that nan fails it: `if not lr >= 0: raise ValueError(…)`, or ask math.isfinite(lr).
    Cares    nan comes out of a schedule that divides 0 by 0, and spoils every weight in one step. torch 2.13's SGD
             takes nan for lr and weight_decay.
    """
    return _refuses_special(lab, float("nan"))


@claim("construction", 6, SHOULD, None, needs_step=False)
def refuses_infinity(lab: Laboratory, _: None) -> Gap:
    """A hyper-parameter that is infinite is refused.

        cls(params, lr=inf)

    Allowed  an exception only, for every option.
    Rejects  a class whose first step makes every weight infinite.
    Mend     `if not 0.0 <= lr < float("inf"): raise ValueError(…)`, and likewise for ε, decay and momentum.
    Cares    an infinite rate comes out of a division by zero, and is never meant. torch 2.13's classes all take lr=inf.
    """
    return _refuses_special(lab, float("inf"))
