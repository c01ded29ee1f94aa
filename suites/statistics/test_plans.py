"""Plans, the budget and the streams: what is split adds up, what is fixed stays fixed, what is wrong is said."""

import json
import math

import pytest

from fiducial.checks import statistics as st


def test_the_shares_add_up_to_the_budget() -> None:
    budget = st.Budget(1e-6, seed=3).split([f"check {i}" for i in range(70)])
    assert math.fsum(budget.shares.values()) == pytest.approx(1e-6, rel=1e-12)
    assert budget.alpha("check 5") == pytest.approx(1e-6 / 70, rel=1e-12)


def test_weights_share_the_budget_in_proportion_and_are_recorded() -> None:
    budget = st.Budget(1e-6, seed=3).split({"cheap": 1, "dear": 3})
    assert json.loads(json.dumps(budget.record())) == {
        "false_alarm": 1e-6, "seed": 3, "shares": {"cheap": 2.5e-7, "dear": 7.5e-7}}


def test_a_stream_depends_on_seed_and_name_alone() -> None:
    assert st.stream(1, "a").integers(10**6) == st.Budget(seed=1).rng("a").integers(10**6) == 58_678
    assert len({int(st.stream(seed, name).integers(10**12)) for seed in (1, 2) for name in "abc"}) == 6


def test_a_plan_reads_as_a_sentence_and_as_json() -> None:
    plan = st.plan("mean_of_normal", alpha=1e-6, effect=0.01)
    assert str(plan) == "mean_of_normal: n = 520994 at α = 1e-06 finds a shift in σ of 0.01 with power 0.99"
    assert json.loads(json.dumps(plan.record()))["n"] == 520_994


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: st.plan("means", alpha=0.1, n=5), "no test 'means' to plan: choose one of"),
    (lambda: st.plan("cut", alpha=0.1), "exactly one of effect and n"),
    (lambda: st.plan("cut", alpha=0.1, n=5, p=0.5), "does not take"),
    (lambda: st.plan("cut", alpha=2, n=5), "alpha must lie strictly between 0 and 1, got 2"),
    (lambda: st.plan("cut", alpha=0.1, n=5, power=0.05), "power must lie strictly between alpha = 0.1 and 1, got 0.05"),
    (lambda: st.plan("cut", alpha=0.1, n=0), "n must be at least 1, got 0"),
    (lambda: st.plan("mean_of_normal", alpha=0.1, effect=-1), "effect must be positive, got -1"),
    (lambda: st.plan("mean_of_normal", alpha=1e-6, effect=1e-8), "needs more than 1e12 values"),
    (lambda: st.Budget(0), "must lie strictly between 0 and 1, got 0"),
    (lambda: st.Budget(1e-6, shares={"a": 1e-5}), "over the budget"),
    (lambda: st.Budget().split([]), "one or more distinct checks"),
    (lambda: st.Budget().split(["a", "a"]), "one or more distinct checks"),
    (lambda: st.Budget().split({"a": -1.0}), "weights must be positive"),
    (lambda: st.Budget().split(["a"]).alpha("b"), "no share of the budget for 'b'"),
    (lambda: st.stream(-1, "a"), "seed must be a whole number ≥ 0, got -1"),
])
def test_a_wrong_call_is_one_sentence(call: object, sentence: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError) as error:
        call()
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_too_few_values_find_nothing() -> None:
    assert st.plan("correlation", alpha=1e-6, n=3).effect == math.inf
