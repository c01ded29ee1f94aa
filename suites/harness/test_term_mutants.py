"""Every single-term mutant of a definition is rejected as a black box, or is the same function."""

from __future__ import annotations

import ast
import inspect
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fiducial.reference.optimizers import adam, asgd, momentum_buffer
from fiducial.suites.harness import term_mutants
from fiducial.suites.harness.equivalence import equivalent, searched
from fiducial.suites.harness.term_mutants import (
    Kept,
    Outcome,
    Reached,
    changed,
    judged,
    laboratory,
    line,
    main,
    planted,
    reached,
    record,
)
from fiducial.suites.harness.terms import mutants
from fiducial.suites.rules import Rule, find

SOURCE = '''
NAMES = "not a mutant in sight"


def step(x, g, state, *, beta1, beta2, eps):
    """x + 1: a docstring is no term."""
    v = np.maximum(beta2 * state.v, g**2)
    return x - g / (np.sqrt(v) + eps) if state.t == 0 else -x


def untouched(x):
    return x + 1
'''


def rule_named(name: str) -> Rule:
    """A rule that is there."""
    found = find(name)
    assert found is not None
    return found


def changes() -> set[tuple[str, str]]:
    return {(mutant.before, mutant.after) for mutant in mutants(SOURCE, {"step"})}


@pytest.mark.parametrize("change", [
    ("beta2 * state.v", "state.v"), ("beta2", "beta1"), ("g ** 2", "g"), ("2", "3"), ("v", "state.v"),
    ("np.maximum(beta2 * state.v, g ** 2)", "beta2 * state.v + g ** 2"), ("np.sqrt(v)", "v"),
    ("np.maximum(beta2 * state.v, g ** 2)", "np.minimum(beta2 * state.v, g ** 2)"),
    ("np.sqrt(v) + eps", "np.sqrt(v + eps)"), ("np.sqrt(v) + eps", "np.sqrt(v)"),
    ("x - g / (np.sqrt(v) + eps)", "x + g / (np.sqrt(v) + eps)"), ("state.t", "state.t - 1"), ("-x", "x"),
    ("state.t == 0", "True"),
])
def test_the_terms_are_changed_one_at_a_time(change: tuple[str, str]) -> None:
    assert change in changes()


def test_each_mutant_differs_in_one_place_of_the_named_function() -> None:
    found = list(mutants(SOURCE, {"step"}))
    assert len({mutant.source for mutant in found}) == len(found) > 30
    assert {mutant.function for mutant in found} == {"step"}
    rest = [ast.dump(node) for index, node in enumerate(ast.parse(SOURCE).body) if index != 1]
    for mutant in found:
        assert [ast.dump(node) for index, node in enumerate(ast.parse(mutant.source).body) if index != 1] == rest


def test_a_definition_is_whole_again_after_a_mutant() -> None:
    x = np.array([1.0, -2.0])
    before = adam.step(x, x, adam.init(x), lr=0.1)[0]
    wrong = next(m for m in mutants(inspect.getsource(adam), {"moments"}) if m.after == "(1 - beta1) / g")
    with planted(Reached(vars(adam)["moments"], wrong)):
        during = adam.step(x, x, adam.init(x), lr=0.1)[0]
    assert not np.array_equal(before, during)
    assert np.array_equal(before, adam.step(x, x, adam.init(x), lr=0.1)[0])


def test_what_a_rule_runs_through_is_found_by_watching() -> None:
    found = {(one.function.__module__.rpartition(".")[2], one.mutant.function) for one in reached(rule_named("adam"))}
    assert found >= {("adam", "step"), ("adam", "moments"), ("adam", "corrected"), ("amsgrad", "torch_step"),
                     ("decay", "coupled"), ("maximize", "ascent")}
    assert ("adam", "keras_step") not in found


@pytest.mark.parametrize(("before", "after", "verdict"), [
    ("lr * b", "b", "rejected"), ("1 - dampening", "1", "rejected"), ("state.t == 0", "False", "rejected"),
    ("state.t + 1", "1", "equivalent"),  # the count only says whether there was a step
])
def test_a_mutant_is_rejected_or_equivalent(before: str, after: str, verdict: str) -> None:
    rule = rule_named("sgd")
    every = mutants(inspect.getsource(momentum_buffer), {"step"})
    mutant = next(m for m in every if (m.before, m.after) == (before, after))
    one = Reached(vars(momentum_buffer)["step"], mutant)
    assert judged(rule, one, laboratory(rule)).verdict == verdict


@pytest.mark.parametrize("after", ["x", "state.ax + x", "state.ax"])
def test_an_average_that_no_step_reads_is_held_to_its_definition(after: str) -> None:
    rule = rule_named("asgd")
    every = [m for m in mutants(inspect.getsource(asgd), {"torch_step"}) if "state.ax" in m.before]
    mutant = next(m for m in every if m.after == after or m.after == after.replace("state.ax + x", "x + state.ax"))
    outcome = judged(rule, Reached(vars(asgd)["torch_step"], mutant), laboratory(rule))
    assert (outcome.verdict, outcome.by) == ("rejected", "rule.state-follows-definition")


def test_a_mutant_that_no_check_sees_is_told_to_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(term_mutants, "MUSTS", [])
    rule = rule_named("sgd")
    mutant = next(m for m in mutants(inspect.getsource(momentum_buffer), {"step"}) if m.after == "b")
    one = Reached(vars(momentum_buffer)["step"], mutant)
    outcome = judged(rule, one, laboratory(rule))
    assert outcome.verdict == "survived"
    assert line("sgd", [outcome]).endswith("1 mutants, 0 rejected, 0 equivalent, 1 survived")


def test_a_changed_rule_steps_by_the_change() -> None:
    rule = rule_named("sgd")
    mutant = next(m for m in mutants(inspect.getsource(momentum_buffer), {"step"}) if m.after == "x + lr * b")
    wrong = changed(rule, Reached(vars(momentum_buffer)["step"], mutant))
    x, o = np.array([1.0]), {**rule.defaults(), "lr": 0.5}
    assert wrong.step(x, x, wrong.start(x, o), o)[0] == 1.5
    assert rule.step(x, x, rule.start(x, o), o)[0] == 0.5


def test_what_leads_nowhere_is_no_equivalent() -> None:
    """A term that makes every step nan has no bound that it could exceed, and is apart all the same."""
    rule = rule_named("sgd")
    mutant = next(m for m in mutants(inspect.getsource(momentum_buffer), {"step"}) if m.after == "x + lr * b")
    lost = mutant._replace(source=mutant.source.replace("x + lr * b", "x * np.nan"))
    assert not equivalent(laboratory(rule), changed(rule, Reached(vars(momentum_buffer)["step"], lost)))


def test_a_refusal_is_no_difference_unless_everything_is_refused() -> None:
    lab, rule = laboratory(rule_named("momentum_schedule")), rule_named("momentum_schedule")

    def refusing(least: int) -> Rule:
        def step(x: Any, g: Any, state: Any, o: Any) -> Any:
            if not o["steps"] >= least:
                raise ValueError(f"steps must be at least {least}")
            return rule.step(x, g, state, o)

        return replace(rule, step=step)

    assert equivalent(lab, refusing(2))
    assert not equivalent(lab, refusing(10**6))


def test_what_is_searched_goes_beyond_the_streams() -> None:
    lab = laboratory(rule_named("adam"))
    beyond = searched(lab)[:60]
    assert max(plan.steps for plan in beyond) == 80
    values = {plan.groups[0].options.get("beta2") for plan in beyond} - {None}
    assert len(values - set(lab.choice("beta2").values)) > 20


def some(verdict: str) -> list[Outcome]:
    return [Outcome("sgd", "momentum_buffer", "step:1  a  →  b", "rejected", "rule.follows-definition", "quick"),
            Outcome("sgd", "momentum_buffer", "step:2  a  →  b", verdict)]  # type: ignore[arg-type]


def test_finished_rules_are_kept_until_their_sources_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kept.json"
    Kept(str(file)).keep("sgd", some("equivalent"))
    assert Kept(str(file)).rules == {"sgd": some("equivalent")}
    monkeypatch.setattr(term_mutants, "fingerprint", lambda: "of other sources")
    assert Kept(str(file)).rules == {}


@pytest.mark.parametrize(("verdict", "status"), [("equivalent", 0), ("survived", 1)])
def test_the_command_prints_and_writes_what_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str], verdict: str,
                                                    status: int) -> None:
    file, written = tmp_path / "kept.json", tmp_path / "record.json"
    Kept(str(file)).keep("sgd", some(verdict))
    assert main(["--rule", "sgd", "--json", str(file), "--record", str(written)]) == status
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("sgd  ")
    assert second == f"  {verdict:<10} momentum_buffer.step:2  a  →  b"
    assert last == line("all", some(verdict))
    assert json.loads(written.read_text()) == record({"sgd": some(verdict)})


@pytest.mark.slow
@pytest.mark.parametrize(("name", "equivalent"), [("sgd", 4), ("rmsprop", 2), ("adam", 0), ("asgd", 0), ("muon", 5)])
def test_no_mutant_survives(name: str, equivalent: int) -> None:
    """The equivalent ones: SGD counts its steps only to know the first; only the square of RMSprop's mean shows; Muon
    may turn any matrix before its iteration, if it turns it back."""
    (_, found), = term_mutants.score([name], 2)
    verdicts = [outcome.verdict for outcome in found]
    assert [outcome.mutant for outcome in found if outcome.verdict == "survived"] == []
    assert verdicts.count("equivalent") == equivalent
    assert verdicts.count("rejected") == len(found) - equivalent > 50
