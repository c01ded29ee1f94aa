"""The running-average form of momentum, and how far torch's dampening is from it."""

from typing import Any

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import momentum_average, momentum_buffer
from fiducial.suites.optimizers.trajectories import Plan, follow, gap, is_not, plans, start


def damped(x: Any, g: Any, state: Any, *, lr: Any, momentum: Any) -> Any:
    """torch's dampening = μ, whose first buffer is the undamped gradient; its state bears other names."""
    b, t = (state.v, 0) if isinstance(state, momentum_average.State) else state
    return momentum_buffer.step(x, g, momentum_buffer.State(b, t), lr=lr, momentum=momentum, dampening=momentum)


test_is_not = is_not(momentum_average.init, momentum_average.step, [damped], lr=0.01, momentum=0.9)


def test_torchs_buffer_keeps_the_first_gradient_for_ever() -> None:
    """With d = μ = β: b_t - v_t = β^t g_1."""
    for plan in plans():
        h = plan.draw("lr", "momentum")
        beta = exact(h["momentum"])
        average = follow(momentum_average.step, start(momentum_average.init, plan), plan, **h)
        buffer = follow(momentum_buffer.step, start(momentum_buffer.init, plan), plan, **h, dampening=h["momentum"])
        for t, ((_, ours), (_, theirs)) in enumerate(zip(average, buffer, strict=True), start=1):
            assert gap(theirs.b, ours.v + beta**t * plan.gradients[0]) <= 1


def test_the_average_of_equal_gradients_has_their_weight() -> None:
    """v_t = (1 - β^t) g for a constant g."""
    plan, beta = Plan(5), exact(0.9)
    x, state = plan.start, start(momentum_average.init, plan)
    g = exact(plan.gradients[0])
    for t in range(1, 31):
        x, state = momentum_average.step(x, g, state, lr=exact(0.1), momentum=beta)
        assert gap(state.v, (1 - beta**t) * g) <= 1
