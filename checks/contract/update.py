"""Update value: each step is the definition's, in every option and at every rate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.agreement import distance, located
from fiducial.checks.contract.claims import claim, every, lawful, takes, unless
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable
from fiducial.checks.contract.recognition import recognised
from fiducial.checks.contract.runs import close_runs, equal_runs, last_updates, recentred, trajectory
from fiducial.checks.contract.streams import (
    DECAYS,
    EPSILONS,
    FIRST_STEPS,
    OPTIONS,
    RATES,
    RELATIONS,
    STILL,
    TRAJECTORIES,
)
from fiducial.checks.evidence import Gap, Severity
from fiducial.checks.plans import Plan

MUST, SHOULD = Severity.MUST, Severity.SHOULD
FOLLOWS = ("rule.follows-definition",)


@claim("rule", 11, MUST, FIRST_STEPS, rests_on=FOLLOWS)
def first_step_follows_definition(lab: Laboratory, plan: Plan) -> Gap | None:
    """The first step from a fresh state is the definition's, entry by entry.

        θ_1 = θ_0 + update(g_1; h)

    Allowed  4 × the running error bound of the definition (`checks.agreement`).
    Rejects  Adam without the correction of its first moment.
    Mend     start the moments with zeros_like(p), count t before it is used (t = 1 at the first step), and divide m by
             1 - β₁ᵗ.
    Cares    the first steps set the scale of a run: without the correction of m Adam begins ten times too slowly, at
             β₁ = 0.9, and its loss still falls.
    """
    record, exact = lab.completed(plan), lab.expected(plan)
    gaps = [located(distance(seen.value, exact.points[i][1].x, f"parameter {i} after step 1"), plan, i, 0)
            for i, seen in enumerate(record.steps[0])]
    return Gap.worst(gaps) if exact.judgeable() else None


@claim("rule", 12, MUST, TRAJECTORIES)
def follows_definition(lab: Laboratory, plan: Plan) -> Gap | None:
    """Parameters follow the definition over the whole run, and nothing is re-synchronised between steps.

        θ_t = R(θ_0, g_1 … g_t; h) for every t

    Allowed  4 × the running error bound of the definition, accumulated over the steps.
    Rejects  Adam that counts its steps from 0 after the tenth.
    Mend     compare step() line by line with the formula that `fiducial explain` prints for the rule; where the variant
             behind "behaves as" is what you meant, hold the class against that one with --rule.
    Cares    a wrong update still trains, only worse, and public suites that watch a falling loss let it pass; without
             re-synchronising an error that accumulates shows as well.
    """
    return trajectory(lab, plan)


@claim("rule", 12, MUST, TRAJECTORIES, rests_on=FOLLOWS)
def state_follows_definition(lab: Laboratory, plan: Plan) -> Gap | None:
    """Every state tensor that can be recognised follows the definition's state.

        m_t, v_t … as the definition has them (or in a usual form of them: corrected, negated, under a root)

    Allowed  4 × the running error bound of that state.
    Rejects  Adam whose stored second moment is cleared at step 5, after it was used.
    Mend     write the moments in place (v.mul_(β₂).addcmul_(g, g, value=1 - β₂)), and put nothing else into a buffer
             that the next step reads.
    Cares    state is what a resumed run goes on from and what tools read: a parameter may look right for many steps
             after its state went wrong.
    """
    found = recognised(lab)
    if not found:
        raise NotApplicable("not judgeable: no state tensor of the subject could be recognised")
    record, exact = lab.completed(plan), lab.expected(plan)
    gaps = [part for match in found if (part := match.along(lab, record, exact)) is not None]
    return Gap.worst(gaps) if gaps else None


@claim("rule", 13, MUST, OPTIONS, rests_on=FOLLOWS)
def options_follow_definition(lab: Laboratory, plan: Plan) -> Gap | None:
    """Every option moved off its default, alone and in pairs, does what the definition says.

        θ_t = R(θ_0, g_1 … g_t; h) for every h on a grid of singles and pairs

    Allowed  4 × the running error bound of the definition.
    Rejects  RMSprop whose momentum buffer already holds the learning rate.
    Mend     read each option from `group` inside step(), and apply it where the formula does: η outside the momentum
             buffer (p.add_(buffer, alpha=-lr)), and not inside it.
    Cares    defaults are what authors try and tests cover; the mistake sits in the combination that your run is the
             first to use.
    """
    return trajectory(lab, plan)


@claim("rule", 15, MUST, DECAYS, rests_on=FOLLOWS, applies=takes("weight_decay"))
def decay_has_declared_form(lab: Laboratory, plan: Plan) -> Gap | None:
    """Weight decay is coupled or decoupled, times the rate or not, before or after the step, as the rule declares.

        coupled: g + λθ enters the state;  decoupled: θ(1-ηλ), apart from the state

    Allowed  4 × the running error bound of the definition.
    Rejects  decoupled decay that enlarges the parameter when maximize is on.
    Mend     coupled: g = g + λθ before the state; decoupled: p.mul_(1 - lr * weight_decay), apart from g, from maximize
             and from the state.
    Cares    the forms need other values of λ, by orders of magnitude. torch_optimizer's SGDW subtracts the number lr·λ
             from every weight in place of lr·λ·θ.
    """
    return trajectory(lab, plan)


@claim("rule", 16, MUST, RELATIONS, applies=takes("weight_decay"))
def zero_decay_is_no_decay(lab: Laboratory, plan: Plan) -> Gap | None:
    """weight_decay=0 is the option left out, where it is 0 by default; else it is the rule without decay.

        R(…; λ = 0) = R(…)

    Allowed  nothing where the default is 0; else 4 × the running error bound.
    Rejects  a class that takes 0 for "unset" and decays by 0.01.
    Mend     ask `if weight_decay is None` for an option left out; `weight_decay or 0.01` takes 0 for unset.
    Cares    weight_decay=0 is how decay is switched off for biases, for norms and in ablations.
    """
    explicit = plan.with_options(weight_decay=0.0)
    if lab.defaults["weight_decay"] != 0:
        return trajectory(lab, explicit)
    bare = replace(plan, groups=tuple(replace(g, options={k: v for k, v in g.options.items() if k != "weight_decay"})
                                      for g in plan.groups))
    return equal_runs(lab, explicit, bare)


@claim("rule", 16, MUST, STILL, rests_on=FOLLOWS)
def zero_gradient_moves_as_declared(lab: Laboratory, plan: Plan) -> Gap | None:
    """At a zero gradient a parameter moves by its decay, and by nothing else.

        g = 0:  θ_t = R(θ_0, 0 … 0; λ)

    Allowed  4 × the running error bound of the definition.
    Rejects  decay that is skipped wherever the gradient is zero.
    Mend     decay before the gradient is looked at, in all entries: p.mul_(1 - lr * weight_decay), without a condition
             on g or on the value of 1 - lr·λ.
    Cares    frozen or dead units must still decay. optimi's AdamW takes the factor 1 - lr·λ = 0 for "no decay", so that
             at lr·λ = 1 nothing shrinks.
    """
    return trajectory(lab, plan)


@claim("rule", 17, MUST, RATES, rests_on=FOLLOWS, applies=takes("beta1", "beta2"))
def decay_rates_keep_their_roles(lab: Laboratory, plan: Plan) -> Gap | None:
    """The first rate decays the first moment, the second rate the second, and never the other way round.

        R(…; β₁, β₂) for drawn β₁ ≠ β₂

    Allowed  4 × the running error bound of the definition.
    Rejects  Adam that swaps its two rates when both are moved.
    Mend     unpack `beta1, beta2 = group["betas"]` in that order: m.lerp_(g, 1 - beta1), v.mul_(beta2).addcmul_(g, g,
             value=1 - beta2).
    Cares    swapped rates train, and are slower to react: only a run with rates of its own tells the two apart.
    """
    return trajectory(lab, plan)


@claim("rule", 17, MUST, RELATIONS, rests_on=FOLLOWS,
       applies=every(takes("beta1", "beta2"), unless("remembers-at-zero-first-rate", "the rule keeps signs otherwise")))
def zero_first_rate_forgets(lab: Laboratory, plan: Plan) -> Gap | None:
    """With β₁ = 0 the direction of a step is that of the last gradient alone: earlier signs do not matter.

        update(±g_1 … ±g_{t-1}, g_t; β₁ = 0) = update(g_1 … g_t; β₁ = 0), as v holds squares

    Allowed  4 × the running error bounds of both runs, before and after the last step.
    Rejects  a first moment that keeps a share of its past whatever β₁ is.
    Mend     m.mul_(beta1).add_(g, alpha=1 - beta1): with β₁ = 0 the buffer must be the gradient itself.
    Cares    β₁ = 0 is RMSprop with a correction, as used for adversarial training, where an old direction does harm.
    """
    if not lab.has("weight_decay") and lab.defaults.get("weight_decay"):
        raise NotApplicable("not claimed: decay cannot be switched off")
    first = plan.with_options(beta1=0.0, weight_decay=0.0) if lab.has("weight_decay") else plan.with_options(beta1=0.0)
    last = plan.steps - 1
    second = first.map_tensors(lambda t: replace(t, gradients=tuple(
        g if k == last or g is None else -g for k, g in enumerate(t.gradients))))
    return last_updates(lab, first, second)


@claim("rule", 18, MUST, RELATIONS, rests_on=FOLLOWS, applies=lawful("bias-correction", "a bias correction"))
def constant_gradient_takes_equal_steps(lab: Laboratory, plan: Plan) -> Gap | None:
    """On a constant gradient every step is lr·g/(|g| + ε), the first included: the corrections undo the start.

        m̂_t = g, v̂_t = g²   ⇒   θ_t = θ_0 - t·lr·g/(|g| + ε)

    Allowed  4 × the running error bound of the definition at that step, and t + 4 units for the closed form.
    Rejects  Adam whose second correction is off by one step.
    Mend     count first, correct afterwards: step += 1; m̂ = m / (1 - beta1**step), v̂ = v / (1 - beta2**step).
    Cares    a correction that is off by one makes the first steps too large or too small by a factor, where runs
             diverge.
    """
    options = {n: value for n, value in plan.groups[0].options.items() if n not in ("weight_decay", "maximize")}
    quiet = {name: value for name, value in (("weight_decay", 0.0), ("maximize", False)) if lab.has(name)}
    constant = replace(plan, changes={}, groups=tuple(replace(g, options={**options, **quiet}) for g in plan.groups))
    constant = constant.map_tensors(lambda t: replace(t, gradients=tuple(t.gradients[0] for _ in t.gradients)))
    if not lab.has("weight_decay") and lab.defaults.get("weight_decay"):
        raise NotApplicable("not claimed: decay cannot be switched off")
    record, exact = lab.completed(constant), lab.expected(constant)
    h = constant.options_at(0, 0, lab.defaults)
    sign = -1.0 if h["maximize"] else 1.0
    gaps = []
    for i, tensor in enumerate(constant.tensors):
        g: Any = tensor.gradients[0]
        for k, seen in enumerate(record.steps):
            closed = tensor.start - (k + 1) * h["lr"] * sign * g / (np.abs(g) + h["eps"])
            point = exact.points[i][k + 1].x
            rounding = (k + 5) * point.rounding.unit * (np.abs(tensor.start) + np.abs(closed))
            bound = recentred(point, closed, point.error + rounding)
            gaps.append(located(distance(seen[i].value, bound, f"parameter {i} after step {k + 1}"), constant, i, k))
    return Gap.worst(gaps)


@claim("rule", 19, SHOULD, EPSILONS, rests_on=FOLLOWS, applies=takes("eps"))
def epsilon_stands_where_declared(lab: Laboratory, plan: Plan) -> Gap | None:
    """ε stands inside or outside the root, before or after the correction, as the rule declares.

        gradients as small as ε, where √v + ε, √(v + ε) and (√v + ε)/√(1-β₂ᵗ) differ by a factor

    Allowed  4 × the running error bound of the definition.
    Rejects  Adam with ε under the root.
    Mend     denom = (v.sqrt() / math.sqrt(1 - beta2**step)).add_(eps) for torch's form; (v + eps).sqrt() is
             TensorFlow's: then declare that dialect.
    Cares    near convergence gradients are as small as √ε, and the place of ε sets the size of the step. Keras, timm's
             RMSpropTF and optax differ from torch in it.
    """
    return trajectory(lab, plan)


@claim("rule", 34, MUST, RELATIONS)
def neutral_options_change_nothing(lab: Laboratory, plan: Plan) -> Gap | None:
    """An option given at its default value is the same as the option left out.

        R(…; h = default) = R(…)

    Allowed  nothing: the runs are equal bit for bit.
    Rejects  RMSprop that keeps a momentum buffer, rounded differently, when momentum=0 is given.
    Mend     ask for the value, `if momentum != 0`, and not whether the argument was given, and take the same path for
             both.
    Cares    a configuration file that spells the defaults out must reproduce the run that left them out.
    """
    bare = replace(plan, groups=tuple(replace(g, options={}) for g in plan.groups))
    given = {c.name: lab.defaults[c.name] for c in lab.choices if lab.defaults.get(c.name) is not None}
    return equal_runs(lab, bare.with_options(**given), bare)


@claim("rule", 34, MUST, RELATIONS, rests_on=FOLLOWS, applies=every(
    takes("amsgrad"), lawful("amsgrad-or-not", "Adam without its maximum")))
def amsgrad_is_adam_while_v_grows(lab: Laboratory, plan: Plan) -> Gap | None:
    """While the second moment grows, AMSGrad takes Adam's steps.

        v_1 ≤ v_2 ≤ …   ⇒   R(amsgrad) = R(adam), on gradients that shrink so slowly that v grows and v̂ falls

    Allowed  4 × the running error bounds of both runs.
    Rejects  AMSGrad whose maximum is taken over corrected moments.
    Mend     keep the maximum of v itself, torch.maximum(vmax, v, out=vmax), and divide by √(1 - β₂ᵗ) afterwards.
    Cares    v̂ falls while v grows at the start of a run, so that a maximum of v̂ never lets the rate recover. optax
             takes that maximum, as a dialect.
    """
    sizes = _sizes(plan.options_at(0, 0, lab.defaults)["beta2"], plan.steps)
    courses = plan.map_tensors(lambda t: replace(t, gradients=tuple(
        None if t.gradients[0] is None else t.gradients[0] * size for size in sizes)))
    if lab.has("weight_decay"):
        courses = courses.with_options(weight_decay=0.0)
    return close_runs(lab, courses.with_options(amsgrad=True), courses.with_options(amsgrad=False))


def _sizes(beta2: float, steps: int) -> list[float]:
    """Sizes of gradients under which v grows at every step while v̂ falls (with β₂ = 0, where v = v̂: both grow)."""
    sizes, v = [1.0], 1 - beta2
    for t in range(1, steps):
        sizes.append(float(np.sqrt((v + v / (1 - beta2**t)) / 2)) if beta2 > 0 else 2.0**t)
        v = beta2 * v + (1 - beta2) * sizes[-1] ** 2
    return sizes
