"""Formats: what is converted is rounded, ε may vanish, and a narrower format inside is found and named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.agreement import along
from fiducial.checks.contract import find
from fiducial.checks.contract.formats import from_zero, in_format, sharp
from fiducial.checks.contract.streams import simple_plan
from fiducial.checks.evidence import Evidence, Status
from fiducial.checks.formats import nearest
from fiducial.checks.rounding import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, SCALAR, Rounded, Rounding, exact
from fiducial.suites import rules
from fiducial.suites.binding import bind
from fiducial.suites.harness.sound import Group, SoundAdam

FORMATS = {torch.float32: FLOAT32, torch.bfloat16: BFLOAT16, torch.float16: FLOAT16}
JOINED: dict[str, tuple[Any, Any]] = {
    "sum": (lambda x, c: x + c, lambda x, c: x + c), "difference": (lambda x, c: c - x, lambda x, c: c - x),
    "maximum": (np.maximum, lambda x, c: x.clamp(min=c)), "minimum": (np.minimum, lambda x, c: x.clamp(max=c)),
    "filled": (np.full_like, torch.full_like)}


def examined(factory: Any, rule: str, check: str, level: Any = "standard", **settings: float) -> Evidence:
    """One check of a subject with its settings, under seed 0."""
    found, judge = rules.find(rule), find(check)
    assert found is not None
    assert judge is not None
    return judge.examine(bind(factory, settings, found), seed=0, level=level)


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
@pytest.mark.parametrize("name", JOINED)
def test_torch_stays_within_the_bound_where_a_number_meets_an_array(name: str, dtype: torch.dtype) -> None:
    """Zeros included, to which adding a number is exact only if the format holds the number."""
    ours, theirs = JOINED[name]
    rng = np.random.default_rng(20261)
    x = nearest(rng.normal(size=400) * 10.0 ** rng.integers(-7, 3, 400) * (rng.random(400) < 0.8), FORMATS[dtype])
    for number in (*(10.0 ** rng.uniform(-9, 2, 20)), 0.5, 0.0):
        bound = ours(Rounded(x, 0.0, FORMATS[dtype]), exact(float(number), SCALAR))
        found = theirs(torch.tensor(x, dtype=dtype), float(number)).double().numpy()
        assert (np.abs(found - bound.value) <= bound.error).all()


def test_a_number_that_the_format_holds_costs_nothing_where_it_fills() -> None:
    x: Any = Rounded(np.ones(2), 0.0, BFLOAT16)
    assert np.full_like(x, exact(0.375, SCALAR)).error.tolist() == [0, 0]
    assert np.full_like(x, exact(0.1, SCALAR)).error.tolist() == pytest.approx([0.1 * 2**-8] * 2, rel=1e-6)


@pytest.mark.parametrize(("rounding", "number", "holds"), [
    (FLOAT16, 2.0**-24, True), (FLOAT16, 2.0**-25, False), (FLOAT16, 65504.0, True), (FLOAT16, 65505.0, False),
    (BFLOAT16, 257.0, False), (BFLOAT16, 256.0, True), (FLOAT32, 0.1, False), (FLOAT64, 0.1, True)])
def test_a_format_holds_its_own_numbers_and_no_other(rounding: Rounding, number: float, holds: bool) -> None:
    assert bool(rounding.holds(np.asarray(number))) is holds


def test_an_epsilon_that_vanishes_leaves_nothing_to_judge() -> None:
    """0/(√0 + 1e-8) is 0 in exact arithmetic, and nan in float16."""
    zero, eps = exact(0.0, FLOAT16), exact(1e-8, SCALAR)
    assert np.isinf((zero / (np.sqrt(zero) + eps)).error) or (zero / (np.sqrt(zero) + eps)).error == 0
    assert np.isinf((exact(1.0, FLOAT16) / (np.sqrt(zero) + eps)).error)
    assert np.isfinite((exact(1.0, BFLOAT16) / (np.sqrt(exact(0.0, BFLOAT16)) + eps)).error)


class Inside(SoundAdam):
    """Casts its gradients to a narrower format and back."""

    format = torch.float32

    def gradient(self, p: torch.Tensor, group: Group) -> torch.Tensor:
        return super().gradient(p, group).to(self.format).to(p.dtype)


class InsideBfloat16(Inside):
    """The same with bfloat16."""

    format = torch.bfloat16


@pytest.mark.parametrize(("factory", "name"), [(Inside, "float32"), (InsideBfloat16, "bfloat16")])
def test_the_format_inside_is_named(factory: Any, name: str) -> None:
    evidence = examined(factory, "adam", "dtype.is-not-narrowed")
    assert evidence.status is Status.FAILED
    assert evidence.reason is not None
    assert evidence.reason.endswith(f": {name} inside")
    assert "updates carry about 2^-" in evidence.reason


def test_another_mistake_is_no_narrowing() -> None:
    """A run that no format explains is left to the checks that judge values."""

    class NoCorrection(SoundAdam):
        """Corrects neither moment."""

        def corrections(self, t: int, group: Group) -> tuple[float, float]:
            return 1.0, 1.0

    assert examined(NoCorrection, "adam", "rule.follows-definition", "quick").status is Status.FAILED
    assert examined(NoCorrection, "adam", "dtype.is-not-narrowed", "quick").status is not Status.FAILED


class Refusing(SoundAdam):
    """Takes float64 and float32 alone."""

    def advance(self, p: torch.Tensor, group: Group) -> None:
        if p.dtype not in (torch.float64, torch.float32):
            raise TypeError(f"parameters must be float32 or float64, got {p.dtype}")
        super().advance(p, group)


def test_a_refused_format_is_not_applicable() -> None:
    evidence = examined(Refusing, "adam", "dtype.bfloat16-follows-definition", "quick")
    assert evidence.status is Status.NOT_APPLICABLE
    assert evidence.reason is not None
    assert evidence.reason.startswith("refused: TypeError")
    assert examined(Refusing, "adam", "dtype.parameter-keeps-its-dtype", "quick").status is Status.PASSED


class SoundInFloat32(SoundAdam):
    """Computes in float32 in half precision, and rounds once, when the parameter is written."""

    def gradient(self, p: torch.Tensor, group: Group) -> torch.Tensor:
        g = super().gradient(p, group)
        return g.float() if g.dtype in (torch.float16, torch.bfloat16) else g

    def move(self, p: torch.Tensor, change: torch.Tensor) -> None:
        p.copy_(p.to(change.dtype) + change)


@pytest.mark.parametrize("name", ["float16-follows-definition", "bfloat16-follows-definition",
                                  "state-has-declared-dtype", "small-updates-are-not-charged"])
def test_who_is_wider_than_its_parameters_passes(name: str) -> None:
    assert examined(SoundInFloat32, "adam", f"dtype.{name}").status is Status.PASSED


def test_what_float16_loses_is_named_and_not_charged() -> None:
    """A rate at which nothing of the update is left: ε vanishes in float16, and the reason says so."""
    evidence = examined(SoundAdam, "adam", "dtype.small-updates-are-not-charged", "quick", lr=1e-12, eps=1e-8)
    assert (evidence.status, evidence.examples) == (Status.NOT_APPLICABLE, 0)
    assert evidence.reason == "not judgeable: float16 holds nothing of so small an update, and rounds ε = 1e-08 to 0"


@pytest.mark.parametrize(("dtype", "eps"), [("float64", 2.0**-52), ("float32", 2.0**-23), ("bfloat16", 2.0**-7)])
def test_an_epsilon_of_the_format_is_the_definitions_too(dtype: str, eps: float) -> None:
    """torch.optim.Adafactor's first ε is finfo(dtype).eps where it is left out; gradients below it show it."""
    assert torch.finfo(getattr(torch, dtype)).eps == eps
    rule = rules.find("adafactor")
    assert rule is not None
    lab = bind(torch.optim.Adafactor, {}, rule)
    small = simple_plan(steps=1, tensors=1).map_tensors(lambda t: t.map(lambda g: np.full_like(g, eps / 4)))
    plan = from_zero(in_format(small, dtype))
    given = plan.with_options(eps1=eps)
    for one in (plan, given):
        assert sharp(lab.expected(one))
        assert along(lab.completed(one), lab.expected(one)).holds
    first, second = (lab.expected(one).points[0][1].x.value for one in (plan, given))
    np.testing.assert_array_equal(first, second)
    assert not along(lab.completed(plan), lab.expected(plan.with_options(eps1=eps * 4))).holds
