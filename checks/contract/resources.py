"""Resources: what a step costs and what is kept between steps. Operations and bytes are counted, seconds never."""

from __future__ import annotations

import numpy as np

from fiducial.checks.contract.claims import claim, every
from fiducial.checks.contract.frameworks import module_for, outcome
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.contract.streams import RELATIONS
from fiducial.checks.evidence import Gap, Severity
from fiducial.checks.plans import Plan
from fiducial.checks.rounding import Rounded

MAY = Severity.MAY
ROWS = (32, 64, 128)
STEPS, FEWER, WINDOW = 10_000, 1_000, 250  # fewer for rules that work on whole matrices, or evaluate a loss
LONG = "ten thousand steps are taken at level deep"


def _counted(lab: Laboratory) -> str | None:
    """Applies where operations can be counted."""
    return None if lab.subject.framework == "torch" else "not claimed: operations are counted on torch only"


def _entrywise(lab: Laboratory) -> str | None:
    """Applies where the rule works entry by entry."""
    return None if lab.definition.scope == "element" else "not claimed: the rule does not work entry by entry"


def _declared(lab: Laboratory, plan: Plan, index: int) -> int:
    """The numbers that the definition keeps for one tensor, single ones aside."""
    state = lab.expected(plan).points[index][-1].state
    fields = (getattr(state, name) for name in getattr(state, "_fields", ()))
    values = (v for field in fields for v in (field if isinstance(field, tuple) else (field,)))
    return sum(v.value.size for v in values if isinstance(v, Rounded) and v.value.size > 1)


@claim("resources", 75, MAY, RELATIONS, applies=lambda lab: None if lab.definition.scope != "all" else
       "not claimed: the rule keeps one memory for all parameters", quick=False)
def keeps_what_its_rule_keeps(lab: Laboratory, plan: Plan) -> Gap | None:
    """The state holds no more numbers than the rule's own memory.

        Σ size(state of p) ≤ Σ size(memory of the definition), single numbers aside

    Allowed  the numbers of the definition's state after the same run; bytes are then these times the dtype's.
    Rejects  a class that keeps a copy of the last gradient for its log.
    Mend     drop buffers that no later step reads; allocate those of an option only where it is on.
    Cares    each buffer more is one more copy of the model in memory: it decides which model fits a device.
    """
    record = lab.completed(plan)
    gaps = [Gap(float(sum(v.size for v in seen.state.values() if isinstance(v, np.ndarray) and v.size > 1)),
                float(_declared(lab, plan, i)), f"numbers kept for parameter {i}: {', '.join(sorted(seen.state))}")
            for i, seen in enumerate(record.steps[-1]) if seen.value.size > 1]
    return Gap.worst(gaps) if gaps else None


@claim("resources", 75, MAY, None, applies=every(_counted, _entrywise), quick=False)
def peak_memory_is_bounded(lab: Laboratory, _: None) -> Gap:
    """What a step holds in passing is a small multiple of the parameters.

        peak of a step ≤ (s + 5) × bytes of the parameters, for a rule that keeps s arrays

    Allowed  a step that writes nothing in place makes the parameter and s arrays anew, turns the gradient (sign, decay)
             into another, and holds two operands and a result: s + 1 + 1 + 3.
    Rejects  a class that collects all terms of the update in a list before it adds them.
    Mend     write in place, and let each intermediate go before the next is made.
    Cares    the peak, not the sum, is what a device runs out of, in the first step of a long queue.
    """
    multiple = outcome(module_for(lab, "resources").peak_multiple(lab.subject, 256))
    state = lab.definition.start(np.ones((4, 4)), lab.defaults)
    kept = sum(np.size(getattr(state, name)) > 1 for name in getattr(state, "_fields", ()))
    return Gap(multiple, float(kept + 5), "peak over the bytes of the parameters")


@claim("resources", 77, MAY, None, applies=every(_counted, _entrywise), quick=False)
def cost_is_linear_in_size(lab: Laboratory, _: None) -> Gap:
    """The numbers that a step writes grow with the number of parameters, and no faster; its operations do not grow.

        N(4n) - N(2n) ≤ 2 (N(2n) - N(n)),   operations(4n) = operations(n)

    Allowed  nothing beyond a straight line.
    Rejects  squares taken from the diagonal of an outer product.
    Mend     work entry by entry; where a reduction is needed, write one number.
    Cares    what is quadratic passes every test on a small layer, and never ends on an embedding.
    """
    (first, n1), (_, n2), (last, n4) = outcome(module_for(lab, "resources").costs_by_size(lab.subject, ROWS))
    bend = Gap(float(n4 - n2), float(2 * (n2 - n1)), "numbers written, from 2n to 4n")
    return Gap.worst([bend, Gap(float(last), float(first), "operations at 4n, beside those at n")])


@claim("resources", 77, MAY, None, applies=_counted, deep=LONG)
def cost_is_constant_in_time(lab: Laboratory, _: None) -> Gap:
    """A step costs as much after ten thousand steps as before, and what is kept does not grow.

        max over the last 250 steps ≤ max over the first 250, of operations and of numbers written;
        numbers kept after 10 000 steps ≤ after 250        (1 000 where the rule does not work entry by entry)

    Allowed  nothing beyond the maximum of the first 250, in which whatever is done every few steps has been done.
    Rejects  a class that appends every gradient to a list, or to a tensor.
    Mend     keep running means in place of histories; bound a window with deque(maxlen=…).
    Cares    a leak of one number a step is a crash after a week.
    """
    steps = STEPS if lab.definition.scope == "element" else FEWER
    early, late = outcome(module_for(lab, "resources").costs_over_time(lab.subject, steps, WINDOW))
    names = ("operations of a step", "numbers written in a step", "numbers kept")
    return Gap.worst([Gap(float(b), float(a), f"{name}, late beside early")
                      for name, a, b in zip(names, early, late, strict=True)])
