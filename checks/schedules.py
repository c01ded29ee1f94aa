"""What every schedule claims: its rates are the closed form's over a whole run, chained, resumed and scaled as well.

A definition has `rate(k, *, base, **options)`; `recursive(eta, k, *, base, **options)` where public schedules go from
one rate to the next, else None; `forms`, further ways in which known implementations evaluate the same rate; `whole`,
whether k must be a whole number; `plain`, real options that are not rounded. They are run on numbers that carry their
rounding error.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.agreement import distance
from fiducial.checks.claims import Claim, claim
from fiducial.checks.evidence import Gap, identical
from fiducial.checks.rounding import Rounded, exact

Draws = SearchStrategy[Any]
U = 2.0**-53  # unit roundoff
BASES: Draws = st.sampled_from((0.1, 1.0, 0.003, 7.5)) | st.floats(1e-4, 10)
STEPS: Draws = st.integers(1, 30)
AT: Draws = st.integers(0, 40)
GAMMAS: Draws = st.sampled_from((0.1, 0.5)) | st.floats(0.3, 1.1)
LENGTHS: Draws = st.integers(1, 12)


def _lifted(options: Mapping[str, Any], plain: Sequence[str]) -> dict[str, Any]:
    """Real options as exact numbers that will carry errors; whole numbers, words and functions as they are."""
    return {name: exact(value) if isinstance(value, float) and name not in plain else value
            for name, value in options.items()}


def _understood(function: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that a function takes."""
    taken = inspect.signature(function).parameters
    anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values())
    return {name: value for name, value in options.items() if anything or name in taken}


def evaluated(form: Callable[..., Any], steps: int, options: Mapping[str, Any], *, whole: bool = False,
              plain: Sequence[str] = ()) -> Rounded:
    """A closed form at 0 … steps with its error bound."""
    given = _lifted(_understood(form, options), plain)
    found = [exact(form(k if whole else exact(float(k)), **given)) for k in range(steps + 1)]
    return Rounded([float(y.value) for y in found], [float(y.error) for y in found])


def chained(recursive: Callable[..., Any], steps: int, base: float, options: Mapping[str, Any], *,
            whole: bool = False) -> Rounded:
    """A recursive form at 0 … steps with its error bound, which grows with the steps."""
    given = _lifted({"base": base, **options}, ())
    eta, found = exact(base), []
    for k in range(steps + 1):
        eta = exact(recursive(eta, k if whole else exact(float(k)), **given))
        found.append(eta)
    return Rounded([float(y.value) for y in found], [float(y.error) for y in found])


def expected(definition: Any, steps: int, base: float, options: Mapping[str, Any]) -> Rounded:
    """The closed form; its bound once, and three times that of the worst form in use."""
    whole, plain = definition.whole, definition.plain
    given = {"base": base, **options}
    closed = evaluated(definition.rate, steps, given, whole=whole, plain=plain)
    forms = [closed, *(evaluated(form, steps, given, whole=whole, plain=plain) for form in definition.forms)]
    if definition.recursive is not None:
        forms.append(chained(definition.recursive, steps, base, options, whole=whole))
    return Rounded(closed.value, closed.error + 3 * np.max([form.error for form in forms], axis=0))


def follows_definition(definition: Any, *, base: Draws = BASES, steps: Draws = STEPS, **options: Any) -> Claim:
    """Every rate of a run is the closed form's."""

    @claim("value", examples=40, base=base, steps=steps, **options)
    def rates_follow_definition(f: Any, base: float, steps: int, **options: Any) -> Gap:
        """Every rate of a run is the definition's, the one before the first step included.

            f.rates(K)_k = rate(k),   k = 0 … K

        Allowed  the running error bound of the closed form once, for the definition, and three times the largest of
                 its forms' bounds, for a subject that goes from one rate to the next: that one grows with the steps.
        Rejects  a schedule that is one step late.
        Mend     compare with the formula that `fiducial explain RULE` prints: where k starts, what is rounded down,
                 what ends the cycle.
        Cares    a schedule that is one step or one epoch late is seldom seen in a loss curve.
        """
        actual = np.array(f.rates(steps, base=base, **options), dtype=np.float64)
        return distance(actual, expected(definition, steps, base, options), "rate", share=1.0)

    return rates_follow_definition


def has(name: str) -> Callable[[Any], str | None]:
    """Applies where the subject has a function."""
    return lambda f: None if getattr(f, name, None) is not None else f"not claimed: the subject has no {name}"


def chain_agrees(definition: Any, *, base: Draws = BASES, steps: Draws = STEPS, **options: Any) -> Claim:
    """The recursive form is the closed form over whole runs."""

    @claim("value", examples=30, applies=has("chained"), base=base, steps=steps, **options)
    def chained_form_agrees(f: Any, base: float, steps: int, **options: Any) -> Gap:
        """The rates made each from the one before are those of the closed form, over the whole run.

            η_k = recursive(η_{k-1}, k)   gives   η_k = rate(k)

        Allowed  as for the values: the recursive form's running error bound, which grows with the steps.
        Rejects  a recursion that applies its factor at k = 0.
        Mend     apply the k-th factor at k, none at 0, and carry no rounded rate farther than needed.
        Cares    who resumes by the closed form must land where the chain was.
        """
        actual = np.array(f.chained(steps, base=base, **options), dtype=np.float64)
        return distance(actual, expected(definition, steps, base, options), "rate", share=1.0)

    return chained_form_agrees


def survives_reload(*, base: Draws = BASES, steps: Draws = STEPS, **options: Any) -> Claim:
    """Saving and loading in the middle changes nothing."""

    @claim("behaviour", applies=has("rates_resumed"), examples=25, at=AT, base=base, steps=steps, **options)
    def survives_reload(f: Any, at: int, base: float, steps: int, **options: Any) -> Gap:
        """A run that is saved and loaded in the middle has the same rates, bit for bit.

            f.rates_resumed(K, at=j) = f.rates(K),   0 <= j < K

        Allowed  0: what is saved are the numbers themselves.
        Rejects  a schedule that counts from 0 again after it is loaded.
        Mend     keep the count of steps, and all that rates are made from, in the saved state.
        Cares    a resumed run that warms up again, or jumps, loses what it had reached.
        """
        whole = f.rates(steps, base=base, **options)
        parts = f.rates_resumed(steps, base=base, at=at % steps, **options)
        return identical(np.array(whole), np.array(parts), "rates")

    return survives_reload


def scales_with_the_base(*, steps: Draws = STEPS, **options: Any) -> Claim:
    """The schedule is a factor on the base rate: groups that differ in it keep their ratio."""

    @claim("invariance", examples=25, doublings=st.integers(-6, 6), base=BASES, steps=steps, **options)
    def scales_with_the_base(f: Any, doublings: int, base: float, steps: int, **options: Any) -> Gap:
        """The schedule is a factor on the base rate, so that groups with different rates keep their ratio.

            f.rates(K, base = 2^j η₀) = 2^j f.rates(K, base = η₀)

        Allowed  0: multiplying by a power of two rounds nothing.
        Rejects  a schedule that goes to a fixed rate.
        Mend     multiply the base rate by a factor; write no absolute rate.
        Cares    groups with rates of their own would all end at one.
        """
        scaled = np.array(f.rates(steps, base=base * 2.0**doublings, **options))
        return identical(2.0**doublings * np.array(f.rates(steps, base=base, **options)), scaled, "rates")

    return scales_with_the_base


def momentum_follows_definition(definition: Any, *, steps: Draws = STEPS, **options: Any) -> Claim:
    """The momentum is the definition's too."""

    @claim("value", examples=40, applies=has("momenta"), base=BASES, steps=steps, **options)
    def momentum_follows_definition(f: Any, base: float, steps: int, **options: Any) -> Gap:
        """The momentum that runs against the rate is the definition's at every step.

            f.momenta(K)_k = momentum(k)

        Allowed  4 × the largest running error bound of the definition's forms.
        Rejects  a momentum that rises with the rate.
        Mend     interpolate between the momentum's ends by the rate's own fraction, highest where the rate is lowest.
        Cares    momentum that rises with the rate makes the largest steps unstable.
        """
        actual = np.array(f.momenta(steps, base=base, **options), dtype=np.float64)
        forms = [evaluated(form, steps, options, plain=definition.plain)
                 for form in (definition.momentum, *definition.momentum_forms)]
        bound = np.max([form.error for form in forms], axis=0)
        return distance(actual, Rounded(forms[0].value, bound), "momentum")

    return momentum_follows_definition
