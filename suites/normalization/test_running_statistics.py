"""Running statistics against their claims, torch's modules over many batches, and the variants in use."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks import running_statistics as claims
from fiducial.checks.agreement import distance
from fiducial.checks.claims import Claim
from fiducial.checks.evidence import Array, Status
from fiducial.checks.rounding import Rounded
from fiducial.checks.statistics.variances import variance_of_normal_power
from fiducial.reference.normalization import batch_norm_inference, running_statistics
from fiducial.reference.normalization.running_statistics import State
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

FOLLOWS = claims.weighted_average_of_the_batches(claims.unbiased)
KERAS_FOLLOWS = claims.weighted_average_of_the_batches(claims.biased)
EXPECTED = claims.expected_variance(claims.unbiased)
KERAS_EXPECTED = claims.expected_variance(claims.biased)
OF_ALL = (claims.starts_at_zero_and_one, claims.the_start_is_forgotten, claims.the_mean_of_a_small_batch_is_noisy,
          claims.one_value_per_channel_is_refused)
CLAIMS = (FOLLOWS, EXPECTED, *OF_ALL)


def keras_step(x: Array, state: State, *, momentum: float) -> State:
    """Keras 3's step, told the weight of the newest batch."""
    return running_statistics.keras_step(x, state, momentum=1 - momentum)


def torch_step(x: Array, state: State, *, momentum: float) -> State:
    """What torch's batch_norm leaves in its two buffers."""
    import torch

    mean, var = torch.tensor(state.mean), torch.tensor(state.var)
    torch.nn.functional.batch_norm(torch.tensor(x), mean, var, training=True, momentum=momentum)
    return State(mean.numpy(), var.numpy(), state.t + 1)


def corrected_step(x: Array, state: State, *, momentum: float) -> State:
    """The start is forgotten at once: the weights are divided by their sum."""
    share = min(1.0, momentum / (1 - (1 - momentum) ** (state.t + 1))) if momentum else 0.0
    return running_statistics.step(x, state, momentum=share)


def swapped_step(x: Array, state: State, *, momentum: float) -> State:
    """Momentum is taken for the weight of the past."""
    return running_statistics.step(x, state, momentum=1 - momentum)


def half_step(x: Array, state: State, *, momentum: float) -> State:
    """The first half of the batch, doubled."""
    return running_statistics.step(np.concatenate([x[: len(x) // 2]] * 2), state, momentum=momentum)


def careless_step(x: Array, state: State, *, momentum: float) -> State:
    """The variance of one value is taken for 0."""
    if len(x) == 1:
        return State((1 - momentum) * state.mean + momentum * x[0], (1 - momentum) * state.var, state.t + 1)
    return running_statistics.step(x, state, momentum=momentum)


def stepping(step: Any) -> Any:
    """The definition with another step."""
    return variant(running_statistics, step=step)


def zeros(channels: int) -> State:
    """A variance that starts at 0."""
    return State(np.zeros(channels), np.zeros(channels), 0)


def wrong(follows: Claim, expected: Claim, other: Any) -> list[Wrong]:
    """The wrong subjects; `other` is the step with the other variance."""
    return [Wrong(stepping(swapped_step), by=follows), Wrong(stepping(other), by=follows),
            Wrong(stepping(other), by=expected), Wrong(variant(running_statistics, init=zeros), by=OF_ALL[0]),
            Wrong(stepping(corrected_step), by=OF_ALL[1]), Wrong(stepping(half_step), by=OF_ALL[2]),
            Wrong(stepping(careless_step), by=OF_ALL[3])]


BINDING = Binding(row="batch norm, running statistics", section=4, definition=running_statistics, claims=CLAIMS,
                  wrong=wrong(FOLLOWS, EXPECTED, keras_step))
test_running_statistics = define_test(BINDING)

KERAS = Binding(row="batch norm, running statistics", section=4, definition=stepping(keras_step),
                claims=(KERAS_FOLLOWS, KERAS_EXPECTED, *OF_ALL),
                wrong=wrong(KERAS_FOLLOWS, KERAS_EXPECTED, running_statistics.step))
test_running_statistics_of_keras = define_test(KERAS)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_torch_keeps_the_same(claim: Claim) -> None:
    pytest.importorskip("torch")
    evidence = claim.examine(stepping(torch_step))
    assert evidence.status is Status.PASSED, evidence


def test_a_module_agrees_over_many_batches_and_then_in_inference() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(6)
    state: Any = running_statistics.init(3)
    module = torch.nn.BatchNorm2d(3, dtype=torch.float64)
    for _ in range(100):
        x = rng.normal(2.0, 3.0, (2, 3, 4, 1))
        module(torch.tensor(x))
        state = running_statistics.step(Rounded(x), state)
    kept: dict[str, Any] = {"running_mean": state.mean, "running_var": state.var}
    gaps = [distance(getattr(module, name).numpy(), exact, name) for name, exact in kept.items()]
    y: Any = batch_norm_inference.forward(Rounded(x), state.mean, state.var, np.ones(3), np.zeros(3))
    gaps.append(distance(module.eval()(torch.tensor(x)).detach().numpy(), y, "output in inference"))
    assert all(gap.holds and gap.allowed > 0 for gap in gaps), gaps


def test_without_momentum_the_average_is_the_plain_one() -> None:
    torch = pytest.importorskip("torch")
    rng, state = np.random.default_rng(7), running_statistics.init(2)
    module = torch.nn.BatchNorm1d(2, momentum=None, dtype=torch.float64)
    batches = rng.normal(size=(20, 5, 2))
    for x in batches:
        module(torch.tensor(x))
        state = running_statistics.cumulative_step(Rounded(x), state)
    plain = {"mean": batches.mean(axis=1).mean(axis=0), "var": batches.var(axis=1, ddof=1).mean(axis=0)}
    for name, average in plain.items():
        exact = getattr(state, name)
        assert distance(getattr(module, f"running_{name}").numpy(), exact, name).holds
        assert distance(average, exact, name).holds


def test_a_module_in_inference_leaves_its_statistics_alone() -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.BatchNorm1d(2, dtype=torch.float64).eval()
    module(torch.ones(4, 2, dtype=torch.float64))
    assert module.running_mean.tolist() == [0, 0]
    assert module.running_var.tolist() == [1, 1]


def test_the_stated_power() -> None:
    assert variance_of_normal_power(claims.CHANNELS, 0.21, 1e-9 / 3) >= 0.99


def test_weights_off_the_unit_interval_are_refused() -> None:
    with pytest.raises(ValueError, match=r"momentum must lie in \[0, 1\], got 1.5"):
        running_statistics.step(np.ones((2, 1)), running_statistics.init(1), momentum=1.5)
