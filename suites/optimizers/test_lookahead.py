"""Lookahead against optax, beside its inner optimizer, and where its slow weights begin."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.rounding import Rounded, exact
from fiducial.reference.optimizers import adam, gradient_descent, lookahead, momentum_average
from fiducial.suites.optimizers.trajectories import Course, Plan, against_torch, apart, follow, gap, plans

HYPER = ("lr", "beta1", "beta2", "eps")
SYNC: dict[str, Any] = {"k": 5, "alpha": 0.3}


def course_of(form: Any, plan: Plan, inner: Any = adam, *, k: int, alpha: Any, **h: Any) -> Course:
    """A form of Lookahead over an inner definition."""
    own = partial(inner.step, **{name: exact(value) for name, value in h.items()})
    begun = lookahead.init(Rounded(plan.start), inner.init(Rounded(plan.start)))
    return follow(lambda x, g, state, **_: form(x, g, state, own, k=k, alpha=exact(alpha)), begun, plan)


def reset(x: Any, g: Any, state: Any, own: Any, **h: Any) -> Any:
    """Lookahead that begins Adam anew."""
    return lookahead.reset_step(x, g, state, own, adam.init, **h)


def optax_course_of(plan: Plan, *, k: int, alpha: float, reset_state: bool, **h: Any) -> list[Any]:
    """What optax's wrapper around its Adam does."""
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    with jax.enable_x64(True):
        fast = optax.adam(h["lr"], b1=h["beta1"], b2=h["beta2"], eps=h["eps"])
        wrapper = optax.lookahead(fast, sync_period=k, slow_step_size=alpha, reset_state=reset_state)
        x = optax.LookaheadParams.init_synced(jax.numpy.asarray(plan.start))
        state, course = wrapper.init(x), []
        for g in plan.gradients:
            update, state = wrapper.update(jax.numpy.asarray(g), state, x)
            x = optax.apply_updates(x, update)
            course.append((np.array(x.fast), {"slow": np.array(x.slow)}))
    return course


@pytest.mark.parametrize("reset_state", [False, True])
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_lookahead(plan: Plan, reset_state: bool) -> None:
    """optax adds what it takes to the parameters, and so rounds by units of x, which the bound is widened by."""
    h: dict[str, Any] = dict(plan.draw(*HYPER))
    ours = course_of(reset if reset_state else lookahead.step, plan, **SYNC, **h)
    theirs = optax_course_of(plan, **SYNC, **h, reset_state=reset_state)
    assert against_torch(ours, theirs, s="slow") <= 1


def test_every_step_back_whole_is_no_step_back() -> None:
    """k = 1, α = 1; and α = 1 at any k."""
    for plan in plans(4):
        h: dict[str, Any] = dict(plan.draw(*HYPER))
        alone = follow(adam.step, adam.init(Rounded(plan.start)), plan, **h)
        for k in (1, 4):
            assert apart(course_of(lookahead.step, plan, k=k, alpha=1.0, **h), alone) <= 1


def test_between_two_steps_back_the_inner_optimizer_is_alone() -> None:
    plan = Plan(1)
    ours = course_of(lookahead.step, plan, k=6, alpha=0.5, lr=0.1)
    alone = follow(adam.step, adam.init(Rounded(plan.start)), plan, lr=0.1)
    assert apart(ours[:5], alone[:5]) == 0
    assert gap(ours[5][0], (alone[5][0] + plan.start) / 2) <= 1


def test_on_a_constant_gradient_descent_is_slowed_to_the_share_alpha() -> None:
    """Each round moves the slow weights by α k steps: after n rounds x = x_0 - n α k η g."""
    for plan in plans(4):
        plan.__dict__["gradients"] = [plan.gradients[0]] * plan.steps
        ours = course_of(lookahead.step, plan, gradient_descent, k=5, alpha=0.3, lr=0.7)
        for n, (x, state) in enumerate(ours[4::5], start=1):
            assert gap(x, exact(plan.start) - n * 5 * exact(0.3) * 0.7 * exact(plan.gradients[0])) <= 1
            assert x is state.s


def test_with_alpha_zero_every_round_ends_where_it_began() -> None:
    plan = Plan(2)
    ours = course_of(lookahead.step, plan, momentum_average, k=3, alpha=0.0, lr=0.1, momentum=0.9)
    for x, _ in ours[2::3]:
        np.testing.assert_array_equal(x.value, plan.start)


def test_the_forms_that_begin_late_or_early_differ() -> None:
    plan = Plan(0)
    ours = course_of(lookahead.step, plan, **SYNC, lr=0.01)
    for form in (lookahead.late_step, lookahead.early_step, reset):
        assert apart(ours, course_of(form, plan, **SYNC, lr=0.01)) > 1e6


def test_late_is_lookahead_from_the_end_of_the_first_round() -> None:
    """k inner steps, then Lookahead from there with the inner state that was reached."""
    plan = Plan(3)
    h: dict[str, Any] = {name: exact(value) for name, value in plan.draw(*HYPER).items()}
    late = course_of(lookahead.late_step, plan, **SYNC, **h)
    x: Any
    x, inner = follow(adam.step, adam.init(Rounded(plan.start)), plan, **h)[4]
    own, state = partial(adam.step, **h), lookahead.init(x, inner)
    for (ours, _), g in zip(late[5:], plan.gradients[5:], strict=True):
        x, state = lookahead.step(x, Rounded(g), state, own, k=5, alpha=exact(0.3))
        assert gap(ours, x) <= 1


def test_early_is_lookahead_from_the_end_of_the_first_step() -> None:
    plan = Plan(4)
    h: dict[str, Any] = {name: exact(value) for name, value in plan.draw(*HYPER).items()}
    early = course_of(lookahead.early_step, plan, **SYNC, **h)
    x: Any
    x, inner = follow(adam.step, adam.init(Rounded(plan.start)), plan, **h)[0]
    own, state = partial(adam.step, **h), lookahead.init(x, inner)
    for (ours, _), g in zip(early[1:], plan.gradients[1:], strict=True):
        x, state = lookahead.step(x, Rounded(g), state, own, k=5, alpha=exact(0.3))
        assert gap(ours, x) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_torch_optimizer_begins_early(plan: Plan) -> None:
    package = pytest.importorskip("torch_optimizer")

    plan.__dict__["gradients"] = [np.where(g == 0, 1.0, g) for g in plan.gradients]  # it rounds x where x stays
    lr = plan.draw("lr")["lr"]
    ours = course_of(lookahead.early_step, plan, gradient_descent, **SYNC, lr=lr)
    x = torch.tensor(plan.start, requires_grad=True)
    optimizer = package.Lookahead(torch.optim.SGD([x], lr=lr), **SYNC)
    course: list[Any] = []
    for g in plan.gradients:
        x.grad = torch.tensor(g)
        optimizer.step()
        course.append((x.detach().numpy().copy(), {}))
    assert against_torch(ours, course) <= 1
