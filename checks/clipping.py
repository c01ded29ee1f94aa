"""What limits on gradients claim: how short, in which direction, how often, and what becomes of infinities.

A subject is `f.clip(gradients, **options) -> (clipped, norm)`, lists of arrays; norm is None where it tells none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.agreement import distance
from fiducial.checks.claims import Claim, claim
from fiducial.checks.evidence import Array, Gap, Severity, identical
from fiducial.checks.rounding import Rounded, Undecided
from fiducial.checks.schedules import U

Draws = SearchStrategy[Any]
SHAPES = ((3,), (2, 2), (), (1,), (4, 3))
LIMITS: Draws = st.sampled_from((1.0, 0.1, 5.0)) | st.floats(1e-3, 100)
EPSILON = 1e-6  # what torch adds to the norm in its denominator


def arrays(seed: int, count: int, scale: float = 1.0) -> list[Array]:
    """Normal numbers in arrays of several shapes."""
    rng = np.random.default_rng(seed)
    return [np.asarray(scale * rng.normal(size=SHAPES[i % len(SHAPES)])) for i in range(count)]


GRADIENTS: Draws = st.builds(arrays, st.integers(0, 2**16), st.integers(1, 6), st.sampled_from((1.0, 1e-3, 1e4)))


def flat(gradients: Sequence[Array]) -> Array:
    """All entries in one array."""
    return np.concatenate([np.ravel(g) for g in gradients])


def _beside(actual: tuple[Sequence[Array], Any], form: Callable[..., Any], gradients: Sequence[Array],
            options: dict[str, Any]) -> Gap:
    """Clipped gradients and their norm beside one form of the definition. Raises Undecided."""
    clipped, norm = form([Rounded(g) for g in gradients], **options)
    pairs = enumerate(zip(actual[0], clipped, strict=True))
    gaps = [distance(np.asarray(a), e, f"gradient {i}") for i, (a, e) in pairs]
    if actual[1] is not None and norm is not None:
        gaps.append(distance(np.asarray(actual[1]), norm, "norm"))
    return Gap.worst(gaps)


def follows_a_form(*forms: Callable[..., Any], gradients: Draws = GRADIENTS, **options: Any) -> Claim:
    """Clipped gradients and norm are those of one of the forms in use."""

    @claim("value", examples=50, gradients=gradients, **options)
    def clipped_norm_follows_definition(f: Any, gradients: list[Array], **options: Any) -> Gap | None:
        """The clipped gradients, and the norm if it is told, are those of the definition or of a named variant.

            f.clip(g) = definition.clip(g)

        Allowed  4 × the running error bound of that form; a sample whose norm is the limit to rounding judges nothing.
        Rejects  a norm without its root.
        Mend     take the root of the sum of squares, over all parameters, and multiply by c/(‖g‖ + 1e-6) where that is
                 below 1.
        Cares    the norm that is returned is what people log and choose the limit by.
        """
        actual = f.clip(gradients, **options)
        try:
            gaps = [_beside(actual, form, gradients, options) for form in forms]
        except Undecided:
            return None
        return min(gaps, key=lambda gap: gap.ratio)

    return clipped_norm_follows_definition


@claim("invariance", examples=50, gradients=GRADIENTS, max_norm=LIMITS)
def direction_is_kept(f: Any, gradients: list[Array], max_norm: float) -> Gap:
    """All entries are multiplied by one number between 0 and 1.

        clip(g) = s g,   0 <= s <= 1

    Allowed  4 U |s g_i|: s is read off the largest entry, which is rounded once; a product and a quotient.
    Rejects  every parameter clipped by itself.
    Mend     compute one factor for all, and multiply every gradient by it.
    Cares    with a factor for each parameter the step is no longer downhill along the gradient.
    """
    before, after = flat(gradients), flat(f.clip(gradients, max_norm=max_norm)[0])
    top = int(np.argmax(np.abs(before)))
    s = after[top] / before[top]
    gaps = [Gap(float(abs(a - s * b)), float(4 * U * abs(s * b)), f"entry {i}")
            for i, (a, b) in enumerate(zip(after, before, strict=True))]
    outside = math.nan if math.isnan(s) else max(s - 1, -s, 0.0)
    return Gap.worst([*gaps, Gap(float(outside), 4 * U, "factor outside [0, 1]")])


@claim("behaviour", examples=50, gradients=GRADIENTS, share=st.floats(1e-3, 0.99))
def long_gradients_get_the_limit(f: Any, gradients: list[Array], share: float) -> Gap:
    """A gradient longer than the limit has the limit as its norm afterwards.

        c - 1e-6 <= ‖clip(g)‖ <= c   if ‖g‖ > c

    Allowed  1e-6 (torch adds it to the norm: c‖g‖/(‖g‖ + 1e-6) is above c - 1e-6), and (n + 8) U c.
    Rejects  clipping of the squared norm.
    Mend     compare the norm, not its square, with the limit, and scale by c/‖g‖.
    Cares    a squared norm clips at √c: published limits then mean something else.
    """
    norm = math.sqrt(float(np.sum(flat(gradients) ** 2)))
    c = share * norm
    after = math.sqrt(float(np.sum(flat(f.clip(gradients, max_norm=c)[0]) ** 2)))
    allowed = (flat(gradients).size + 8) * U * c
    return Gap.worst([Gap(max(after - c, 0.0), allowed, "norm above the limit"),
                      Gap(max(c - after, 0.0), EPSILON + allowed, "norm below the limit")])


@claim("behaviour", examples=50, gradients=GRADIENTS, times=st.floats(1.001, 100))
def short_gradients_are_left_alone(f: Any, gradients: list[Array], times: float) -> Gap:
    """A gradient shorter than the limit is left as it is, bit for bit.

        clip(g) = g   if ‖g‖ <= c - 2e-6

    Allowed  0: the factor is 1.
    Rejects  a gradient that is always given the norm c.
    Mend     cut the factor off at 1: min(1, c/(‖g‖ + 1e-6)).
    Cares    a gradient that is always given the length c has lost what its length said; training no longer settles.
    """
    c = times * math.sqrt(float(np.sum(flat(gradients) ** 2))) + 2 * EPSILON
    return identical(flat(gradients), flat(f.clip(gradients, max_norm=c)[0]), "entries")


@claim("invariance", examples=50, gradients=GRADIENTS, max_norm=LIMITS)
def clipping_twice_is_clipping_once(f: Any, gradients: list[Array], max_norm: float) -> Gap:
    """Clipping what is clipped changes it by no more than torch's 1e-6 in the denominator.

        |clip(clip(g)) - clip(g)| <= |clip(g)| 1e-6 / c

    Allowed  that: the second factor is c/(‖clip(g)‖ + 1e-6) >= c/(c + 1e-6); and (n + 8) U |clip(g)|.
    Rejects  a denominator ‖g‖ + 1e-3.
    Mend     add no more than 1e-6 to the norm in the denominator.
    Cares    wrappers clip again; each time that takes something off is a hidden decay of the rate.
    """
    once = f.clip(gradients, max_norm=max_norm)[0]
    twice = f.clip(once, max_norm=max_norm)[0]
    roundings = (flat(once).size + 8) * U
    largest = float(np.max(np.abs(flat(once))))
    return Gap(float(np.max(np.abs(flat(twice) - flat(once)))), largest * (EPSILON / max_norm + roundings), "entries")


@claim("invariance", examples=50, gradients=GRADIENTS, max_norm=LIMITS)
def cut_into_parameters_as_one_likes(f: Any, gradients: list[Array], max_norm: float) -> Gap:
    """The norm is that of all parameters together, however they are cut into arrays.

        clip((g_1, …, g_n)) = clip((g_1 … g_n in one array))

    Allowed  4 (n + 8) U |g|: two sums of n squares in two orders, roots, quotients and products.
    Rejects  every parameter clipped by itself.
    Mend     take one norm over all parameters: the root of the sum of their squared norms.
    Cares    how a layer is stored, fused or split, must not change its training.
    """
    apart = flat(f.clip(gradients, max_norm=max_norm)[0])
    together = f.clip([flat(gradients)], max_norm=max_norm)[0][0]
    allowed = 4 * (apart.size + 8) * U * float(np.max(np.abs(together)))
    return Gap(float(np.max(np.abs(apart - together))), allowed, "entries")


@claim("behaviour", examples=50, severity=Severity.SHOULD, gradients=GRADIENTS, place=st.integers(0, 99),
       bad=st.sampled_from((math.nan, math.inf, -math.inf)))
def what_is_not_finite_shows(f: Any, gradients: list[Array], place: int, bad: float) -> Gap:
    """One nan makes every entry nan; one infinite entry becomes nan and every other zero: the step is visibly lost.

        ‖g‖ = nan:  clip(g) = nan      ‖g‖ = ∞:  clip(g)_i = g_i · 0

    Allowed  0.
    Rejects  infinities replaced by the limit, after which training goes on in a direction of chance.
    Mend     compute the factor from the norm as it is; no nan_to_num on gradients or norm.
    Cares    an overflow that shows can be skipped or traced; a made-up direction cannot.
    """
    entries = flat(gradients)
    entries[place % entries.size] = bad
    with np.errstate(all="ignore"):
        clipped = f.clip([entries], max_norm=1.0)[0][0]
        expected = entries * (bad if math.isnan(bad) else 0.0)
    return identical(expected, clipped, "entries")


@claim("behaviour", examples=50, eta=st.floats(1e-4, 1), wall=st.floats(10, 1e8), max_norm=st.floats(0.01, 1),
       seed=st.integers(0, 99))
def a_step_off_a_cliff_is_short(f: Any, eta: float, wall: float, max_norm: float, seed: int) -> Gap:
    """On the wall of a cliff one plain step flies η times its slope; a clipped one goes no farther than ηc.

        ‖x_1 - x_0‖ = η ‖clip(∇E)‖ <= η c    while    η ‖∇E‖ = η · wall >= 10 η c

    Allowed  32 U η c: a norm of four terms, a quotient, two products.
    Rejects  a plain step.
    Mend     clip before the step, by the norm of the whole gradient.
    Cares    one step off a cliff undoes hours of training; to bound it is what clipping is for.
    """
    direction = np.random.default_rng(seed).normal(size=4)
    gradient = wall * direction / math.sqrt(float(np.sum(direction**2)))
    step = eta * f.clip([gradient], max_norm=max_norm)[0][0]
    beyond = math.sqrt(float(np.sum(step**2))) - eta * max_norm
    return Gap(max(beyond, 0.0), 32 * U * eta * max_norm, "distance beyond ηc")


@claim("behaviour", examples=10, eta=st.floats(0.2, 1), slope=st.floats(0.1, 0.5))
def a_plateau_costs_one_over_the_rate(f: Any, eta: float, slope: float) -> Gap:
    """Across a plateau the time is its length over η times its slope; a limit above the slope does not help.

        steps = ⌈ℓ / (η s)⌉,   s < c

    Allowed  1 step: the last one may be cut off by rounding.
    Rejects  a gradient that is always given the norm c: its time does not depend on the slope.
    Mend     multiply by min(1, c/‖g‖): a short gradient is not lengthened.
    Cares    clipping cures cliffs, not plateaus; who expects that tunes the wrong number.
    """
    length, x, steps = 10.0, 0.0, 0
    while x < length and steps < 10000:
        x += eta * float(f.clip([np.array([slope])], max_norm=1.0)[0][0][0])
        steps += 1
    return Gap(abs(steps - math.ceil(length / (eta * slope))), 1.0, "steps across the plateau")


def with_oddities(seed: int, count: int) -> list[Array]:
    """Arrays with infinities, nan and signed zeros among their entries."""
    return [np.where(g > 1.2, np.inf, np.where(g < -1.2, -np.inf, np.where(np.abs(g) < 0.1, np.nan, g)))
            for g in arrays(seed, count)]


def follows_entry_by_entry(form: Callable[..., Any], **options: Any) -> Claim:
    """Clipped entries are the definition's, exactly."""
    drawn = GRADIENTS | st.builds(with_oddities, st.integers(0, 2**16), st.integers(1, 6))

    @claim("value", examples=50, gradients=drawn, **options)
    def clipped_values_follow_definition(f: Any, gradients: list[Array], **options: Any) -> Gap:
        """The clipped entries are those of the definition; an infinite one becomes ±c, and nan stays nan.

            clip(g)_i = min(max(g_i, -c), c)

        Allowed  0: nothing is rounded.
        Rejects  clipping of the absolute value.
        Mend     clamp from both sides, and let nan stay nan.
        Cares    a negative entry that is clamped by its size alone turns round.
        """
        expected = form(gradients, **options)[0]
        return Gap.worst([identical(e, np.asarray(a), f"gradient {i}")
                          for i, (e, a) in enumerate(zip(expected, f.clip(gradients, **options)[0], strict=True))])

    return clipped_values_follow_definition


@claim("invariance", examples=50, gradients=GRADIENTS, clip_value=LIMITS)
def signs_and_small_entries_are_kept(f: Any, gradients: list[Array], clip_value: float) -> Gap:
    """No entry changes its sign, none is larger than c, and one of at most c is left alone.

        sign(clip(g)_i) = sign(g_i),   |clip(g)_i| <= c,   clip(g)_i = g_i  if |g_i| <= c

    Allowed  0.
    Rejects  entries beyond c set to zero.
    Mend     min(max(g, -c), c): entries beyond the limit are set to it, not to 0.
    Cares    the entries that are dropped are those with the most to say.
    """
    before, after = flat(gradients), flat(f.clip(gradients, clip_value=clip_value)[0])
    small = np.abs(before) <= clip_value
    faults = (np.sign(before) != np.sign(after)) | (np.abs(after) > clip_value) | (small & (before != after))
    return Gap(float(np.count_nonzero(faults)), 0.0, "entries at fault")


@claim("invariance", examples=50, gradients=GRADIENTS, clip_value=LIMITS)
def entries_do_not_see_each_other(f: Any, gradients: list[Array], clip_value: float) -> Gap:
    """Each entry is clipped by itself, so that the direction of the whole changes; clipping twice is clipping once.

        clip(g)_i = clip(g_i),   clip(clip(g)) = clip(g)

    Allowed  0.
    Rejects  clipping by norm.
    Mend     clamp entry by entry; a norm belongs to clipping by norm.
    Cares    the two are confused by name; they need limits of different sizes.
    """
    together = f.clip(gradients, clip_value=clip_value)[0]
    alone = [f.clip([np.array([entry])], clip_value=clip_value)[0][0] for entry in flat(gradients)]
    again = f.clip(together, clip_value=clip_value)[0]
    return Gap.worst([identical(flat(together), flat(alone), "entries alone"),
                      identical(flat(together), flat(again), "entries clipped twice")])


OF_NORM = (direction_is_kept, long_gradients_get_the_limit, short_gradients_are_left_alone,
           clipping_twice_is_clipping_once, cut_into_parameters_as_one_likes, what_is_not_finite_shows,
           a_step_off_a_cliff_is_short, a_plateau_costs_one_over_the_rate)
OF_VALUE = (signs_and_small_entries_are_kept, entries_do_not_see_each_other)
