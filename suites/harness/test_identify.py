"""Nothing is claimed, and yet every rule, dialect and class of torch.optim is called by its name."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from fiducial.checks.agreement import Expected, expected
from fiducial.checks.draws import SHAPES, Choice, plans, suited
from fiducial.checks.engine import draw
from fiducial.suites import cli
from fiducial.suites.binding import names_of
from fiducial.suites.family.members import FORMS
from fiducial.suites.family.search import Found, identified
from fiducial.suites.harness.own_rules import subject_of
from fiducial.suites.identify import identify, identify_path, job_of
from fiducial.suites.rules import RULES, Rule, find
from fiducial.suites.runner import Coordinator
from fiducial.suites.series import Output

SEED, FRESH = 0, 20260301  # of the search, and of the plans on which its answer is tried again
OF_TORCH = ["SGD", "Adagrad", "RMSprop", "Adadelta", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD",
            "Adafactor", "SparseAdam", "LBFGS", "Muon"]


def rule_named(name: str) -> Rule:
    """A rule that is there."""
    found = find(name)
    assert found is not None
    return found


def names(found: Found) -> list[str]:
    return [told.name for told in found.variants]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_and_dialect_is_called_by_its_name(rule: Rule) -> None:
    found = names(identified(subject_of(rule), {}, SEED))
    assert rule.name in found
    assert [other for other in found if not coincide(rule, rule_named(other))] == []


def coincide(rule: Rule, other: Rule) -> bool:
    """Whether two rules agree within their bounds on fresh plans that move every option of the first which a class
    can spell."""
    spelt = names_of(rule, rule.defaults())
    choices = [Choice(o.name, o.values, {n: v for n, v in o.companion.items() if n in rule.defaults()})
               for o in rule.options if o.name in spelt and o.values]
    defaults = {**other.defaults(), **rule.defaults()}
    return all(overlap(expected(plan, rule, defaults), expected(plan, other, defaults))
               for plan in draw(plans(choices, shapes=suited(SHAPES, rule.demands)), 60, FRESH))


def overlap(a: Expected, b: Expected) -> bool:
    """Whether two trajectories are within their bounds of each other."""
    pairs = [(p.x, q.x) for one, two in zip(a.points, b.points, strict=True) for p, q in zip(one, two, strict=True)]
    return all(not np.any(np.abs(p.value - q.value) > p.error + q.error) for p, q in pairs)


def test_coincidence_can_be_refuted() -> None:
    assert not coincide(rule_named("sgd"), rule_named("sgd/plain"))
    assert not coincide(rule_named("adam"), rule_named("adam/keras"))


@pytest.mark.parametrize("name", [name for name in OF_TORCH if hasattr(torch.optim, name)])
def test_every_class_of_torch_is_called_by_its_name(name: str) -> None:
    assert names(identified(getattr(torch.optim, name), {}, SEED)) == [rule_named(name).name]


def test_what_an_option_needs_comes_along_though_no_group_can_hold_it() -> None:
    """Rules that step all parameters as one read momentum in the constructor; dampening without it means nothing."""
    choices = [Choice("momentum", (0.9,), {}, per_group=False), Choice("dampening", (0.5,), {"momentum": 0.9})]
    for plan in draw(plans(choices, moved=["dampening"]), 5, SEED):
        assert plan.groups[0].options == {"dampening": 0.5, "momentum": 0.9}


def test_settings_choose_the_variant() -> None:
    assert names(identified(torch.optim.Adam, {"amsgrad": True}, SEED)) == ["amsgrad"]


class Plain(torch.optim.Optimizer):
    """Gradient descent without any option but its rate: many names fit."""

    def __init__(self, params: Iterator[torch.nn.Parameter], lr: float = 0.1) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: object = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.sub_(self.direction(p.grad), alpha=group["lr"])

    def direction(self, g: torch.Tensor) -> torch.Tensor:
        return g


class Cosine(Plain):
    """A step that nobody takes."""

    def direction(self, g: torch.Tensor) -> torch.Tensor:
        return g.cos()


def test_names_that_nothing_tells_apart_come_as_a_set() -> None:
    found = set(names(identified(Plain, {}, SEED)))
    of_sgd = {rule.name for rule in RULES if rule.name.partition("/")[0] == "sgd"}
    assert {"sgd", "sgd/plain", "sgd/velocity", "sgd/average", "sgd/decoupled"} <= found
    assert found & of_sgd >= {name for name in of_sgd if name != "sgd/decay-after"}


def test_what_nobody_does_has_no_name() -> None:
    found = identified(Cosine, {}, SEED)
    assert found.variants == []
    assert found.runs > 20


class Slipping(Plain):
    """Right but for tensors of seven entries."""

    def direction(self, g: torch.Tensor) -> torch.Tensor:
        return 2 * g if g.numel() == 7 else g


def test_a_slip_on_rare_inputs_is_told_beside_the_nearest_rule() -> None:
    found = identified(Slipping, {}, SEED)
    assert found.variants == []
    assert "; sgd explains " in found.reason


class Broken(Plain):
    """It can be built, and no more."""

    def direction(self, g: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError("the direction is still to be written")


def test_a_class_that_ends_no_run_is_told_why() -> None:
    found = identified(Broken, {}, SEED)
    assert (found.variants, found.runs) == ([], 0)
    assert "still to be written" in found.reason


def variant(name: str, **chosen: str) -> type[torch.optim.Optimizer]:
    """A black box at a point of a rule's family."""
    family, form = FORMS[name]
    return subject_of(family.point(rule_named(name), {**form, **chosen}))


@pytest.mark.parametrize(("subject", "name"), [
    (variant("adam", rates="swapped"), "adam with β₁ and β₂ swapped"),
    (variant("adam", eps="under", decay="after"),
     "adam with ε under the root and decay after the step, times the rate"),
    (variant("rmsprop", start="one", momentum="average"),
     "rmsprop with a second moment that starts at 1 and a buffer that averages"),
    (variant("adagrad", count="from 1"), "adagrad with a rate that decays from step 1"),
    (variant("sgd", first="damped", ascent="both"),
     "sgd with a first buffer that is damped as all others and maximize that turns the decay round too"),
])
def test_a_point_of_a_family_gets_a_composed_name(subject: type[torch.optim.Optimizer], name: str) -> None:
    assert name in names(identified(subject, {}, SEED))


@pytest.fixture(scope="module")
def coordinator() -> Iterator[Coordinator]:
    with Coordinator() as running:
        yield running


@pytest.mark.parametrize(("subject", "status", "words"), [
    ("torch.optim:AdamW", 0, "torch.optim:AdamW  follows adamw  "),
    (f"{__file__}:Cosine", 1, f"{__file__}:Cosine  follows no known variant  "),
    ("torch.optim:Absent", 3, "torch.optim:Absent  cannot be loaded  "),
])
def test_the_command_says_it_in_one_line(coordinator: Coordinator, tmp_path: Path, subject: str, status: int,
                                         words: str) -> None:
    shown, file = io.StringIO(), tmp_path / "found.json"
    console = Console(file=shown, width=400, highlight=False, markup=False)
    assert identify_path(job_of(subject, settings={}), coordinator, Output(console, console, str(file))) == status
    assert shown.getvalue().startswith(words)
    data = json.loads(file.read_text())
    assert data["schema"] == "fiducial.identification/1"
    assert [told["name"] for told in data["variants"]] == (["adamw"] if status == 0 else [])
    assert data["verdict"] == {0: "identified", 1: "unknown", 3: "error"}[status]


def test_a_class_is_handed_over_from_python() -> None:
    found = identify(Cosine)
    assert (found.verdict, found.names) == ("unknown", [])
    with pytest.raises(ValueError, match="a subject is package"):
        identify("torch.optim.Adam")


def test_a_wrong_call_of_the_command_ends_with_2(monkeypatch: pytest.MonkeyPatch,
                                                 capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["fiducial", "identify", "torch.optim:Adam", "--set", "lr"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert capsys.readouterr().err == "fiducial: --set takes NAME=LITERAL such as lr=0.1, got lr\n"
