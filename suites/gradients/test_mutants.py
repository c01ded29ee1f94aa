"""Wrong gradients, each of a kind that is met in practice, and each rejected; beside them the right one, accepted."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.gradients import Verdict, assert_gradient, check_gradient, dot_product_test

RNG = np.random.default_rng(7)
W = RNG.standard_normal((4, 4))
X = RNG.standard_normal((6, 4))
BIAS = RNG.standard_normal(4)


def layer(x: Any, b: Any) -> Any:
    return np.tanh(x @ W + b)


def layer_backward(x: Any, b: Any, g: Any) -> Any:
    inner = g * (1 - layer(x, b) ** 2)
    return inner @ W.T, inner.sum(0)


def wrong_at_one_index(x: Any, b: Any, g: Any) -> Any:
    gx, gb = layer_backward(x, b, g)
    gx[2, 1] *= 1 + 1e-6
    return gx, gb


def wrong_for_large_inputs(x: Any, b: Any, g: Any) -> Any:
    gx, gb = layer_backward(x, b, g)
    return np.where(np.abs(x) > 4, 0.5 * gx, gx), gb


LAYER_MUTANTS: dict[str, Any] = {
    "factor": lambda x, b, g: tuple(2 * a for a in layer_backward(x, b, g)),
    "factor 1 + 1e-8": lambda x, b, g: tuple((1 + 1e-8) * a for a in layer_backward(x, b, g)),
    "sign": lambda x, b, g: tuple(-a for a in layer_backward(x, b, g)),
    "no sum over the batch": lambda x, b, g: (layer_backward(x, b, g)[0], g * (1 - layer(x, b) ** 2)),
    "mean for sum": lambda x, b, g: (layer_backward(x, b, g)[0], layer_backward(x, b, g)[1] / len(x)),
    "transposed weight": lambda x, b, g: ((g * (1 - layer(x, b) ** 2)) @ W, layer_backward(x, b, g)[1]),
    "detached": lambda x, b, g: (np.zeros_like(x), np.zeros_like(b)),
    "bias detached": lambda x, b, g: (layer_backward(x, b, g)[0], np.zeros_like(b)),
    "no derivative of tanh": lambda x, b, g: (g @ W.T, g.sum(0)),
    "one index": wrong_at_one_index,
    "nan": lambda x, b, g: tuple(a * np.nan for a in layer_backward(x, b, g)),
}


@pytest.mark.parametrize("method", ["directions", "jacobian"])
def test_the_right_gradient_is_accepted(method: Any) -> None:
    report = check_gradient(layer, X, BIAS, backward=layer_backward, method=method)
    assert report.holds, str(report)
    assert report.escape_probability <= 1e-9
    assert report.relative_defect < 1e-6


@pytest.mark.parametrize("method", ["directions", "jacobian"])
@pytest.mark.parametrize("name", LAYER_MUTANTS)
def test_mutant_is_rejected(name: Any, method: Any) -> None:
    report = check_gradient(layer, X, BIAS, backward=LAYER_MUTANTS[name], method=method)
    assert report.verdict in (Verdict.WRONG, Verdict.UNUSABLE), str(report)


@pytest.mark.parametrize(("name", "reason"), [
    ("factor", "it is off by the factor 2"), ("sign", "the sign is wrong"),
    ("no sum over the batch", "sum the cotangent over the axes that were broadcast"),
    ("detached", "is the graph detached?"), ("nan", "the analytic gradient is not finite"),
])
def test_the_reason_names_the_mistake(name: Any, reason: Any) -> None:
    assert reason in check_gradient(layer, X, BIAS, backward=LAYER_MUTANTS[name]).reason


@pytest.mark.parametrize("method", ["directions", "jacobian"])
def test_the_wrong_entry_is_named(method: Any) -> None:
    failure = check_gradient(layer, X, BIAS, backward=wrong_at_one_index, method=method).failures[0]
    assert (failure.input, failure.input_index) == ("input 0", (2, 1))
    assert failure.output_index[0] == 2
    assert failure.analytic / failure.numeric == pytest.approx(1 + 1e-6, abs=1e-8)
    assert failure.error < 1e-6 * abs(failure.numeric)


def test_wrong_only_for_large_inputs_is_rejected_where_it_is_wrong() -> None:
    assert check_gradient(layer, X, BIAS, backward=wrong_for_large_inputs).holds
    report = check_gradient(layer, 4 * X, BIAS, backward=wrong_for_large_inputs)
    assert report.verdict is Verdict.WRONG


def test_scales_look_where_inputs_are_large() -> None:
    def backward(x: Any, g: Any) -> Any:
        return g / (1 + np.minimum(x**2, 9))

    assert_gradient(np.arctan, X / 2, backward=backward)
    with pytest.raises(AssertionError, match="at 10 times the inputs") as failure:
        assert_gradient(np.arctan, X / 2, backward=backward, scales=(1, 10))
    assert len(str(failure.value).splitlines()) <= 8


@pytest.mark.parametrize("method", ["auto", "directions"])
def test_one_entry_of_1024_wrong_by_a_millionth(method: Any) -> None:
    x = np.random.default_rng(11).standard_normal(1024)
    coefficients = np.random.default_rng(12).uniform(0.5, 2, 1024)

    def f(x: Any) -> Any:
        return coefficients @ np.sin(x)

    def right(x: Any, g: Any) -> Any:
        return g * coefficients * np.cos(x)

    def wrong(x: Any, g: Any) -> Any:
        result = right(x, g)
        result[345] *= 1 + 1e-6
        return result

    assert check_gradient(f, x, backward=right, method=method).holds
    report = check_gradient(f, x, backward=wrong, method=method)
    assert report.verdict is Verdict.WRONG
    assert report.failures[0].input_index == (345,)


def test_a_transposed_jacobian_is_named() -> None:
    report = check_gradient(lambda x: W @ np.tanh(x), X[0], backward=lambda x, g: W @ (g * (1 - np.tanh(x) ** 2)))
    assert report.verdict is Verdict.WRONG
    report = check_gradient(lambda x: W @ x, X[0], backward=lambda x, g: W @ g)
    assert report.reason == "the Jacobian is transposed"


def test_forward_mode_against_reverse_mode() -> None:
    def backward(x: Any, g: Any) -> Any:
        return g * np.cos(x)

    assert dot_product_test(np.sin, X, backward=backward, forward=lambda x, v: v * np.cos(x)).holds
    assert not dot_product_test(np.sin, X, backward=backward, forward=lambda x, v: 2 * v * np.cos(x)).holds
    report = check_gradient(np.sin, X, backward=backward, forward=lambda x, v: 1.0001 * v * np.cos(x))
    assert report.reason == "forward mode and reverse mode disagree"


def test_complex_inputs_follow_the_convention_of_real_pairs() -> None:
    z = RNG.standard_normal(5) + 1j * RNG.standard_normal(5)
    assert check_gradient(lambda z: z**2, z, backward=lambda z, g: g * np.conj(2 * z)).holds
    assert check_gradient(lambda z: z**2, z, backward=lambda z, g: g * 2 * z).verdict is Verdict.WRONG
    assert check_gradient(lambda z: (z * np.conj(z)).real.sum(), z, backward=lambda z, g: 2 * g * z).holds


@pytest.mark.parametrize("factor", [1.0, 1.01, 2.0, -1.0])
def test_float32_is_judged_with_the_error_of_its_dtype(factor: Any) -> None:
    x = X.astype(np.float32)
    report = check_gradient(np.tanh, x, backward=lambda x, g: np.float32(factor) * g * (1 - np.tanh(x) ** 2))
    assert report.holds == (factor == 1.0), str(report)
