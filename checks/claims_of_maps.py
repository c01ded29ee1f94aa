"""Claims that hold for every deterministic map: it follows its definition, and so does its gradient, at every dtype.

Each function makes the claim for one definition and one way to draw its arguments. Floating-point arrays among the
arguments are data; everything else (integers, integer arrays, flags, tuples) is passed as it is.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.agreement import SHARE, distance
from fiducial.checks.claims import Claim, Sample, claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.gradients import Verdict, check_gradient
from fiducial.checks.rounding import FLOAT32, FLOAT64, Rounded, Rounding, Undecided

COTANGENT = st.integers(0, 2**32 - 1)
VALUE = ("value.follows-definition",)


def is_data(value: Any) -> bool:
    """Whether an argument is an array of real numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def bounded(sample: Mapping[str, Any], rounding: Rounding) -> Sample:
    """The arguments with their data as arrays that carry a rounding error, exact to begin with."""
    return {name: Rounded(v.astype(np.float64), 0.0, rounding) if is_data(v) else v for name, v in sample.items()}


def gradients_of(found: Any, arguments: Mapping[str, Any], forward: Any) -> dict[str, Any]:
    """What `backward` returned, by argument: a NamedTuple or a dict has their names, an array is the first's."""
    if isinstance(found, Mapping):
        return dict(found)
    if hasattr(found, "_asdict"):
        return {name: value for name, value in found._asdict().items() if value is not None}
    return {first_argument(forward, arguments): found}


def first_argument(forward: Any, arguments: Mapping[str, Any]) -> str:
    """The argument that a function takes first, of those that are given."""
    return next((name for name in inspect.signature(forward).parameters if name in arguments), "x")


def cotangent(shape: tuple[int, ...], seed: int) -> Array:
    """A gradient of the output: small whole numbers, exact in every dtype."""
    return np.random.default_rng(seed).integers(-3, 4, shape).astype(np.float64)


def compared(actual: Any, exact: Any, where: str, share: float = SHARE) -> Gap | None:
    """An array beside the definition's with its bound; None where no entry has a finite one."""
    if not isinstance(exact, Rounded):  # no argument was data, or the map is constant
        exact = Rounded(np.asarray(exact, dtype=np.float64))
    if exact.size and not (np.isfinite(exact.error) & np.isfinite(exact.value)).any():
        return None
    return distance(np.asarray(actual), exact, where, share=share)


def _value(definition: Any, f: Any, sample: Sample, rounding: Rounding, dtype: type) -> Gap | None:
    """f beside the definition on arguments of a dtype."""
    given = {name: v.astype(dtype, copy=False) if is_data(v) else v for name, v in sample.items()}
    try:
        with np.errstate(all="ignore"):
            exact = definition.forward(**bounded(given, rounding))
    except Undecided:
        return None
    actual = f.forward(**given)
    if is_data(actual) and actual.dtype != dtype:
        return Gap(np.inf, 0.0, f"the result is {actual.dtype}, not {np.dtype(dtype)}")
    return compared(actual, exact, "value")


def _gradient(definition: Any, f: Any, sample: Sample, seed: int, rounding: Rounding, dtype: type) -> Gap | None:
    """f's backward pass beside the definition's."""
    given = {name: v.astype(dtype, copy=False) if is_data(v) else v for name, v in sample.items()}
    lifted = bounded(given, rounding)
    try:
        with np.errstate(all="ignore"):
            g = cotangent(np.shape(definition.forward(**lifted)), seed)
            exact = gradients_of(definition.backward(**lifted, g=Rounded(g, 0.0, rounding)), given, definition.forward)
    except Undecided:
        return None
    actual = gradients_of(f.backward(**given, g=g.astype(dtype)), given, f.forward)
    gaps = [gap for name in exact.keys() & actual.keys()
            if (gap := compared(actual[name], exact[name], f"gradient of {name}")) is not None]
    return Gap.worst(gaps) if gaps else None


def has_backward(f: Any) -> str | None:
    """Applies where the subject has a backward pass."""
    has = getattr(f, "differentiable", True) and getattr(f, "backward", None) is not None
    return None if has else "not claimed: the subject has no backward pass"


def takes(dtype: str) -> Any:
    """Applies where the subject takes arrays of a dtype; the references take float64 alone."""
    return lambda f: None if dtype in getattr(f, "dtypes", ("float64",)) else f"not claimed: float64 only, no {dtype}"


def follows_definition(definition: Any, *, examples: int = 100, **samples: Any) -> Claim:
    """The values are the definition's."""

    @claim("value", examples=examples, **samples)
    def follows_definition(f: Any, **sample: Any) -> Gap | None:
        """The values are those that the definition gives.

            f(x) = definition(x)

        Allowed  4 × the running error bound of the definition's own evaluation in float64: once for the definition,
                 three times for a subject that orders its operations otherwise.
        Rejects  any wrong term, constant, axis or default.
        Mend     compare the function with the formula that `fiducial explain RULE` prints: axis, constants, defaults
                 and the form of each term; a variant of the field may be a rule of its own.
        Cares    a wrong constant or axis still trains, to a worse loss; a loss that fell is no test of a function's
                 value.
        """
        return _value(definition, f, sample, FLOAT64, np.float64)

    return follows_definition


def gradient_follows_definition(definition: Any, *, examples: int = 100, **samples: Any) -> Claim:
    """The gradients are those of the definition's backward pass."""

    @claim("gradient", examples=examples, applies=has_backward, rests_on=VALUE, g_seed=COTANGENT, **samples)
    def follows_backward_definition(f: Any, g_seed: int, **sample: Any) -> Gap | None:
        """The gradients are those of the hand-written backward pass.

            f.backward(x, g) = definition.backward(x, g)

        Allowed  4 × the running error bound of the definition's backward pass in float64.
        Rejects  a gradient with a lost factor, sign or sum.
        Mend     derive the backward pass anew from the definition's forward pass, term by term; sum over every axis
                 along which the argument was broadcast.
        Cares    a gradient with a lost factor or sign still lowers the loss for a while, and nothing else looks at it.
        """
        return _gradient(definition, f, sample, g_seed, FLOAT64, np.float64)

    return follows_backward_definition


def gradient_is_the_derivative(*, examples: int = 30, **samples: Any) -> Claim:
    """The backward pass is the derivative of the subject's own forward pass."""

    @claim("gradient", examples=examples, applies=has_backward, g_seed=COTANGENT, **samples)
    def is_the_derivative(f: Any, g_seed: int, **sample: Any) -> Gap | None:
        """The backward pass is the derivative of the forward pass.

            f.backward(x, g) · v = d/dt g · f(x + t v)

        Allowed  the error bar of the numerical derivative; at a kink, which the engine sees, nothing is judged.
        Rejects  a backward pass that forgets a term.
        Mend     add the missing term: an argument that enters twice has a gradient that is the sum of both ways; what
                 was saved in the forward pass must be of the same call.
        Cares    forward and backward are often written by different hands, and only the forward pass shows in a
                 validation loss.
        """
        return derivative_gap(f, sample, g_seed)

    return is_the_derivative


def derivative_gap(f: Any, sample: Sample, seed: int) -> Gap | None:
    """The worst ratio over the differentiable arguments; None where no derivative can be taken."""
    names = list(gradients_of(f.backward(**sample, g=_ones_like(f.forward(**sample))), sample, f.forward))
    names = [name for name in names if is_data(sample[name]) and sample[name].size]
    if not names:
        return None
    rest = {name: value for name, value in sample.items() if name not in names}

    def forward(*data: Array) -> Array:
        return np.asarray(f.forward(**dict(zip(names, data, strict=True)), **rest))

    def backward(*data_and_g: Array) -> tuple[Array, ...]:
        *data, g = data_and_g
        arguments = {**sample, **dict(zip(names, data, strict=True))}
        found = gradients_of(f.backward(**arguments, g=g), arguments, f.forward)
        return tuple(np.asarray(found[name]) for name in names)

    report = check_gradient(forward, *[sample[name] for name in names], backward=backward, seed=seed)
    if report.verdict in (Verdict.RIGHT, Verdict.WRONG):
        where = f"{report.reason}: {report.failures[0]}" if report.failures else report.reason
        return Gap(report.gap.measured, report.gap.allowed, where)
    return None


def _ones_like(y: Any) -> Array:
    return np.ones(np.shape(y))


def float32_follows_definition(definition: Any, *, examples: int = 50, **samples: Any) -> Claim:
    """Values and gradients in float32."""

    @claim("value", examples=examples, applies=takes("float32"), rests_on=VALUE, g_seed=COTANGENT, **samples)
    def float32_follows_definition(f: Any, g_seed: int, **sample: Any) -> Gap | None:
        """In float32 the values and gradients are the definition's to float32's rounding, and float32 comes out.

            f(x) = definition(x),  x in float32

        Allowed  4 × the running error bound of the definition with float32's unit roundoff.
        Rejects  an implementation that passes through float16 on its way.
        Mend     keep every intermediate in the dtype of the input, with constants of that dtype, and return it
                 unchanged; no half precision on the way unless it is asked for.
        Cares    training runs in float32: an intermediate in a narrower type costs digits that no test in float64
                 misses.
        """
        gaps = [_value(definition, f, sample, FLOAT32, np.float32)]
        if has_backward(f) is None:
            gaps.append(_gradient(definition, f, sample, g_seed, FLOAT32, np.float32))
        judged = [gap for gap in gaps if gap is not None]
        return Gap.worst(judged) if judged else None

    return float32_follows_definition


def layouts(x: Array) -> Iterator[Array]:
    """The same numbers in memory otherwise: the transpose's order, every second of twice as many, a broadcast."""
    yield np.asfortranarray(x)
    if x.ndim:
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), dtype=x.dtype)
        wide[..., ::2] = x
        yield wide[..., ::2]


def layouts_change_nothing(definition: Any, *, examples: int = 25, **samples: Any) -> Claim:
    """Strides do not matter."""

    @claim("invariance", examples=examples, rests_on=VALUE, **samples)
    def layouts_change_nothing(f: Any, **sample: Any) -> Gap | None:
        """How an array lies in memory changes no number.

            f(x strided) = f(x)

        Allowed  as for the values: 4 × the running error bound.
        Rejects  a kernel that walks the memory and not the array.
        Mend     index by entry, through strides; a kernel that needs dense memory copies its argument
                 (np.ascontiguousarray, x.contiguous()) first.
        Cares    transposed and sliced arrays are everywhere in models, and rare in tests.
        """
        names = [name for name, value in sample.items() if is_data(value)]
        forms = zip(*[list(layouts(sample[name])) for name in names], strict=False)
        gaps = [_value(definition, f, {**sample, **dict(zip(names, form, strict=True))}, FLOAT64, np.float64)
                for form in forms]
        judged = [gap for gap in gaps if gap is not None]
        return Gap.worst(judged) if judged else None

    return layouts_change_nothing


def empty_batch(definition: Any, *, examples: int = 10, **samples: Any) -> Claim:
    """A batch of no examples; the strategies must draw arguments whose batch is empty."""

    @claim("value", examples=examples, rests_on=VALUE, **samples)
    def empty_batch_passes_through(f: Any, **sample: Any) -> Gap:
        """A batch of no examples gives the definition's result, of the right shape.

            f(x) = definition(x),  x of shape (0, …)

        Allowed  0 for the shape; the values, if any (a sum), are exact.
        Rejects  a function that reads its first example.
        Mend     let the shape follow from the input's, and take no x[0], x.max() or division by len(x) without asking
                 for its size.
        Cares    the last batch of a shard and a filter that keeps nothing are empty: evaluation must not stop there.
        """
        expected, actual = np.asarray(definition.forward(**sample)), np.asarray(f.forward(**sample))
        if expected.shape != actual.shape:
            return Gap(1.0, 0.0, f"shape {actual.shape} instead of {expected.shape}")
        differ = ~((expected == actual) | (np.isnan(expected) & np.isnan(actual)))
        return Gap(float(differ.sum()), 0.0, "value of an empty batch")

    return empty_batch_passes_through


def writes_elsewhere(f: Any) -> str | None:
    """Applies where the subject was not asked to work in place."""
    return "not claimed: the subject works in place, as it says" if getattr(f, "in_place", False) else None


def leaves_its_arguments_alone(*, examples: int = 10, **samples: Any) -> Claim:
    """What is handed over is the caller's still."""

    @claim("behaviour", examples=examples, applies=writes_elsewhere, **samples)
    def leaves_its_arguments_alone(f: Any, **sample: Any) -> Gap:
        """A call writes into none of its arguments.

            x after f(x) = x before

        Allowed  0: an argument is not computed.
        Rejects  a rectifier that cuts its input off in place.
        Mend     write into a new array: np.maximum(x, 0), x.clamp(min=0), not x.clamp_(min=0) or out=x; or call the
                 in-place form by its name.
        Cares    a residual branch, a cache or a loss reads the argument again after the call, and autograd may need it
                 too.
        """
        handed = copy.deepcopy(sample)
        f.forward(**handed)
        return Gap.worst([Gap(0.0, 0.0), *(_written(handed[name], value, name) for name, value in sample.items()
                                           if isinstance(value, np.ndarray))])

    return leaves_its_arguments_alone


def _written(after: Array, before: Array, name: str) -> Gap:
    """How many entries of an argument a call has changed."""
    same = (after == before) | ((after != after) & (before != before))
    return Gap(float(np.sum(~same)), 0.0, f"entries of {name} that the call has changed")
