"""The self-test: mistakes are made from the installed source, drawn evenly, found, and told from what is none."""

from __future__ import annotations

import ast
from collections import Counter

import pytest
import torch

from fiducial.suites.selftest import candidates, judging
from fiducial.suites.selftest.candidates import CLASSES, Candidate, built, drawn
from fiducial.suites.selftest.lanes import outcomes
from fiducial.suites.selftest.observation import difference, seen
from fiducial.suites.selftest.outcomes import Outcome, kills, score
from fiducial.suites.selftest.patterns import filled, matched, of_expression
from fiducial.suites.selftest.places import OFF, spots
from fiducial.suites.selftest.scenes import scenes
from fiducial.suites.selftest.scores import interval, upper_bound

SEED = 5
EVERY = drawn(0)


def one(subject: str, *words: str) -> Candidate:
    """A candidate of a class whose name holds all the words."""
    return next(found for found in candidates.candidates(subject) if all(word in found.id for word in words))


def planted(subject: str, text: str) -> Candidate:
    """A class with statements at the beginning of its step."""
    base = one(subject, "hidden randomness", "step:")
    body = [*ast.parse(text).body, *base.other[1:]]
    return base._replace(category="planted", other=body, after=text)


def sound(subject: str) -> Candidate:
    """A class that is read, changed nowhere, and run under another name."""
    base = one(subject, "ε" if subject != "SGD" else "dampening")
    return base._replace(category="none", other=ast.parse(base.before, mode="eval").body, after=base.before)


def test_there_are_enough_kinds_of_mistakes_and_of_mutants() -> None:
    assert len({found.category for found in EVERY}) >= 40
    assert len(EVERY) >= 3000
    assert {found.subject for found in EVERY} == set(CLASSES)
    assert len({found.id for found in EVERY}) == len(EVERY)


@pytest.mark.parametrize("category", sorted({found.category for found in EVERY}))
def test_mutants_of_every_category_are_valid_python(category: str) -> None:
    for found in [found for found in EVERY if found.category == category][:3]:
        kind = built(found)
        assert issubclass(kind, torch.optim.Optimizer)
        assert kind is not getattr(torch.optim, found.subject)
        assert found.before != found.after


def test_building_a_mutant_leaves_the_original_in_its_place() -> None:
    before = torch.optim.adam.Adam, torch.optim.Adam, torch.optim._functional.sparse_adam
    built(one("AdamW", "ε dropped"))
    built(one("SparseAdam", "ε dropped"))
    after = torch.optim.adam.Adam, torch.optim.Adam, torch.optim._functional.sparse_adam
    assert before == after


def test_a_seed_draws_the_same_mutants_and_another_draws_others() -> None:
    first, again, other = ([found.id for found in drawn(seed)[:100]] for seed in (1, 1, 2))
    assert first == again
    assert len(set(first) & set(other)) < 60


def test_a_short_draw_is_balanced() -> None:
    counts = Counter(found.category for found in drawn(3)[:92])
    assert set(counts.values()) == {2}
    assert max(Counter(found.subject for found in drawn(3)[:92]).values()) < 20


def test_what_the_path_on_a_cpu_does_not_reach_is_left_alone() -> None:
    tree = ast.parse("def f(capturable, x, w):\n    if capturable:\n        x = x + 1\n    else:\n        x = x - w\n"
                     "    if x < 0:\n        raise ValueError\n    return x if not capturable else w\n").body[0]
    assert isinstance(tree, ast.FunctionDef)
    texts = [ast.unparse(spot.node) for spot in spots(tree) if isinstance(spot.node, ast.expr)]
    assert texts == ["x - w", "x", "w", "x"]
    assert not [found for found in EVERY if isinstance(found.other, ast.expr) and found.before in OFF]


@pytest.mark.parametrize(("wanted", "text", "other", "expected"), [
    ("X.add_(E)", "v.sqrt().add_(eps)", "X", "v.sqrt()"), ("X.add_(E)", "v.add_(lr)", "X", None),
    ("X - X", "a - a", "X + X", "a + a"), ("X - X", "a - b", "X", None), ("R ** X", "beta1 ** t", "R ** (X + 1)",
                                                                          "beta1 ** (t + 1)"),
])
def test_a_pattern_is_found_and_written_anew(wanted: str, text: str, other: str, expected: str | None) -> None:
    found = matched(of_expression(wanted), of_expression(text))
    assert (found is None) == (expected is None)
    if found is not None:
        assert ast.unparse(filled(of_expression(other), found)) == expected


@pytest.mark.parametrize(("subject", "words"), [
    ("SGD", ("decay's sign",)), ("SGD", ("1 - dampening  →  1 + dampening",)),
    ("SGD", ("gradient modified", "add_(param")), ("SGD", ("closure", "return loss  →  return None")),
    ("SGD", ("group's option ignored", "self.defaults['lr']")), ("SGD", ("torch.manual_seed",)),
    ("SGD", ("only some tensors", "params[:1]")), ("SGD", ("state lost", "clone()")),
])
def test_a_mistake_is_found(subject: str, words: tuple[str, ...]) -> None:
    outcome = judging.judged(one(subject, *words), SEED, "standard")
    assert outcome.verdict in ("rejected", "reported"), outcome
    assert outcome.by


def test_a_class_without_a_mistake_is_never_rejected() -> None:
    outcome = judging.judged(sound("SGD"), SEED, "quick")
    assert (outcome.verdict, outcome.by) == ("equivalent", "")
    assert len(outcome.spent) > 20


def test_what_changes_nothing_is_found_equivalent() -> None:
    assert judging.judged(one("SGD", "p.grad.is_sparse  →  False"), SEED, "quick").verdict == "equivalent"


def test_what_cannot_take_a_step_is_not_counted() -> None:
    assert judging.judged(planted("SGD", "raise KeyError('lr')"), SEED, "quick").verdict == "stillborn"


def test_a_mutant_leaves_no_trace_in_the_process() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    text = "torch.set_default_dtype(torch.float64); torch.set_grad_enabled(False)"
    judging.judged(planted("SGD", text), SEED, "quick")
    assert torch.get_default_dtype() is torch.float32
    assert torch.is_grad_enabled()
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize("subject", CLASSES)
def test_an_original_is_seen_alike_twice(subject: str) -> None:
    kind = getattr(torch.optim, subject)
    assert difference(kind, kind, count=25) is None
    raised = sum(seen(kind, scene)[-1][0] == "raised" for scene in scenes(kind, 25))
    assert raised < 13


def test_a_hidden_draw_is_seen() -> None:
    told = difference(torch.optim.SGD, built(planted("SGD", "torch.rand(())")), count=25)
    assert told is not None
    assert "torch's generator" in told


@pytest.mark.slow
def test_a_mutant_that_hangs_or_ends_its_process_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fiducial.suites.selftest.lanes.LIMIT", 15.0)
    tasks = [planted("SGD", "while True:\n    pass"), planted("SGD", "__import__('os')._exit(3)"),
             one("SGD", "decay's sign")]
    found = {outcome.by for outcome in outcomes(tasks, seed=SEED, level="quick", jobs=1)}
    assert {by.partition(":")[0] for by in found} == {"hung", "crashed", "rule.follows-definition"}


def told(verdict: str, by: str = "", **spent: float) -> Outcome:
    return Outcome(task="t", mutant="m", subject="SGD", category="c", verdict=verdict,  # type: ignore[arg-type]
                   by=by, spent={name.replace("_", "."): seconds for name, seconds in spent.items()})


def test_equivalent_and_stillborn_mutants_are_not_counted() -> None:
    found = score([told("rejected"), told("reported"), told("survived"), told("equivalent"), told("stillborn")])
    assert (found["found"], found["counted"], found["equivalent"], found["stillborn"]) == (2, 3, 1, 1)


def test_kills_are_counted_by_check() -> None:
    table = kills([told("rejected", "b.b", a_a=1.0, b_b=0.5), told("rejected", "a.a", a_a=1.0)])
    assert table == {"b.b": {"asked": 1, "kills": 1, "cpu_seconds": 0.5},
                     "a.a": {"asked": 2, "kills": 1, "cpu_seconds": 2.0}}


@pytest.mark.parametrize(("found", "among", "expected"), [
    (0, 0, (0, 1)), (0, 10, (0, 0.3085)), (10, 10, (0.6915, 1)), (5, 10, (0.1871, 0.8129)), (98, 100, (0.9296, 0.9976)),
])
def test_intervals_are_exact(found: int, among: int, expected: tuple[float, float]) -> None:
    """Clopper and Pearson's, to four digits."""
    assert interval(found, among) == pytest.approx(expected, abs=5e-5)


def test_the_bound_of_no_failures_is_the_rule_of_three() -> None:
    assert upper_bound(0, 1000) == pytest.approx(1 - 0.05 ** (1 / 1000))


def test_a_class_that_raises_where_it_may_refuse_is_told_apart() -> None:
    """Complex parameters need not be taken; what its original takes, a mutant may crash on."""
    found = judging.judged(one("Adadelta", "torch.view_as_real(square_avg)  →  square_avg"), SEED, "quick")
    assert (found.verdict, found.by) == ("refuses", "")
    assert "raised" in found.difference
