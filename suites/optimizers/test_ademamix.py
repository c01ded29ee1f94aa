"""AdEMAMix against optax, with and without warm-up, beside Adam, and its schedules in a second formulation."""

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, ademamix
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import without_zeros
from fiducial.suites.optimizers.trajectories import Plan, against_torch, apart, follow, gap, is_not, plans, start

HYPER = ("lr", "beta1", "beta2", "eps", "weight_decay")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-3}


def mixture(plan: Plan) -> dict[str, float]:
    """α and β₃ of a plan."""
    rng = np.random.default_rng([plan.seed, 5])
    return {"alpha": float(rng.choice([0.0, rng.uniform(0, 10)])), "beta3": float(1 - 10 ** rng.uniform(-5, -0.5))}


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_ademamix(plan: Plan) -> None:
    h, own = plan.draw(*HYPER), mixture(plan)
    theirs = optax_course("contrib.ademamix", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], eps=h["eps"],
                          b3=own["beta3"], alpha=own["alpha"], weight_decay=h["weight_decay"])
    assert against_torch(follow(ademamix.step, start(ademamix.init, plan), plan, **h, **own), theirs) <= 1


@pytest.mark.parametrize("warmup", [1.0, 10.0, 100.0])
def test_optax_follows_the_warm_up(warmup: float) -> None:
    """optax is handed the schedules as functions of the steps done."""
    jax, plan = pytest.importorskip("jax"), Plan(1)
    times, own = range(1, plan.steps + 1), exact(warmup)
    alpha = [exact(ademamix.scheduled_alpha(t, alpha=exact(5.0), warmup=own)) for t in times]
    beta3 = [exact(ademamix.scheduled_beta3(t, beta1=exact(0.9), beta3=exact(0.9999), warmup=own)) for t in times]
    tables = [[float(x.value) for x in schedule] for schedule in (alpha, beta3)]
    h = {name: value for name, value in TYPICAL.items() if name not in ("lr", "beta1", "beta2")}
    theirs = optax_course("contrib.ademamix", plan, learning_rate=TYPICAL["lr"], b1=0.9, b2=0.99, **h,
                          alpha=lambda done: jax.numpy.asarray(tables[0])[done],
                          b3=lambda done: jax.numpy.asarray(tables[1])[done])
    ours = follow(ademamix.step, start(ademamix.init, plan), plan, **TYPICAL, alpha=alpha, beta3=beta3)
    assert against_torch(ours, theirs) <= 1


def test_the_half_life_of_the_slow_average_grows_in_proportion_to_the_step() -> None:
    """f(β) = ln ½ / ln β - 1: f(β₃_t) = f(β₁) + t/T (f(β₃) - f(β₁)), up to T. The inverse form loses some ten units."""
    low, high = (np.log(0.5) / np.log(beta) - 1 for beta in (0.9, 0.9999))
    for warmup in (1.0, 10.0, 100.0):
        for t in range(1, 120):
            ours = exact(ademamix.scheduled_beta3(t, beta1=exact(0.9), beta3=exact(0.9999), warmup=exact(warmup)))
            inverse = 0.5 ** (1 / (low + min(t / warmup, 1) * (high - low) + 1))
            assert abs(float(ours.value) - inverse) <= float(ours.error) + 16 * 2.0**-53


def test_the_warm_up_begins_at_adams_rate_and_ends_at_its_own() -> None:
    assert ademamix.scheduled_beta3(0, beta1=0.9, beta3=0.9999, warmup=10.0) == pytest.approx(0.9, rel=1e-15)
    assert ademamix.scheduled_alpha(0, alpha=5.0, warmup=10.0) == 0
    for t in (10, 11, 1000):
        assert ademamix.scheduled_beta3(t, beta1=0.9, beta3=0.9999, warmup=10.0) == pytest.approx(0.9999, rel=1e-14)
        assert ademamix.scheduled_alpha(t, alpha=5.0, warmup=10.0) == 5.0


test_is_not = is_not(ademamix.init, ademamix.step, [ademamix.clamped_step], **TYPICAL)


def test_without_the_slow_average_it_is_adam() -> None:
    """α = 0, λ = 0."""
    for plan in plans():
        h = plan.draw("lr", "beta1", "beta2", "eps")
        ours = follow(ademamix.step, start(ademamix.init, plan), plan, **h, alpha=0.0, beta3=0.999)
        assert apart(ours, follow(adam.step, start(adam.init, plan), plan, **h)) <= 1


def test_a_constant_gradient_gives_the_closed_form() -> None:
    """m̂ = g, v̂ = g², s_t = (1 - β₃^t) g: the t-th step is η (1 + α (1 - β₃^t)) g / (|g| + ε)."""
    for plan in plans(8):
        h, own = plan.draw("lr", "beta1", "beta2", "eps"), mixture(plan)
        plan.__dict__["gradients"] = [plan.gradients[0]] * plan.steps
        g, closed = exact(plan.gradients[0]), exact(plan.start)
        for t, (x, _) in enumerate(follow(ademamix.step, start(ademamix.init, plan), plan, **h, **own), start=1):
            share = 1 + exact(own["alpha"]) * (1 - exact(own["beta3"]) ** t)
            closed = closed - exact(h["lr"]) * share * g / (abs(g) + h["eps"])
            assert gap(x, closed) <= 1


def test_far_above_epsilon_a_clamp_is_a_sum() -> None:
    """ε = 1e-300 beside √v̂ > 0; far below it the clamp divides by ε itself."""
    for plan in map(without_zeros, plans(4)):
        h, own = plan.draw(*HYPER), mixture(plan)
        state = start(ademamix.init, plan)
        clamped = follow(ademamix.clamped_step, state, plan, **{**h, "eps": 1e-300}, **own)
        assert apart(clamped, follow(ademamix.step, state, plan, **{**h, "eps": 1e-300}, **own)) <= 1
    moved, new = ademamix.clamped_step(np.zeros(1), np.ones(1), ademamix.init(np.zeros(1)), lr=1.0, eps=4.0, alpha=0.0)
    assert (moved, new.t) == (-0.25, 1)
