"""optax's aliases against the dialects that they declare, and factories that are wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from fiducial.checks.contract import CHECKS, Check, Laboratory, find
from fiducial.checks.contract.claims import Stream
from fiducial.checks.contract.streams import drawn
from fiducial.checks.evidence import Status
from fiducial.suites import rules
from fiducial.suites.binding import bind

optax = pytest.importorskip("optax")
jax = pytest.importorskip("jax")

from fiducial.checks.adapters.jax_branches import branching, chosen  # noqa: E402  only where there is JAX
from fiducial.checks.adapters.optax_optimizer import OptaxOptimizer  # noqa: E402

ALIASES = {"sgd": "sgd", "adam": "adam", "adamw": "adamw", "adamax": "adamax", "adadelta": "adadelta", "lion": "lion",
           "amsgrad": "amsgrad/optax", "adagrad": "adagrad/keras", "rmsprop": "rmsprop/optax", "adan": "adan/optax",
           "nadam": "nadam/constant", "nadamw": "adamw/nesterov", "radam": "radam/optax", "lars": "lars/optax",
           "lamb": "lamb", "yogi": "yogi", "novograd": "novograd", "sm3": "sm3/optax", "fromage": "fromage/floored",
           "signum": "signum", "sign_sgd": "sign_descent", "optimistic_adam_v2": "optimistic_adam",
           "optimistic_adam": "optimistic_adam/two-rates",
           "optimistic_gradient_descent": "optimistic_gradient_descent"}
SETTINGS: dict[str, dict[str, Any]] = {"adan": {"eps_root": 0.0}}  # beside ε it adds 1e-8 under the root
QUICK = ("sgd", "adamw")
STATELESS = {"fromage", "sign_sgd"}
OF_STATE = "rule.state-follows-definition"
ASKED = ("rule.follows-definition", OF_STATE, "rule.options-follow-definition",
         "rule.rate-changes-are-followed", "state.survives-reload", "gradient.left-untouched")
FEW = Stream("few", lambda lab, level: [(drawn(lab, shapes=((2,), (2, 3)), steps=(3, 5)), 12)])  # two shapes to compile


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """JAX computes in float64 while a test runs, as it does in a subject's process."""
    with jax.enable_x64(True):
        yield


def asked(name: str) -> Check:
    """A check on few plans."""
    found = find(name)
    assert found is not None
    return replace(found, stream=FEW)


def laboratory(factory: Any, rule: str, **settings: Any) -> Laboratory:
    """A factory bound to a rule."""
    found = rules.find(rule)
    assert found is not None
    return bind(factory, settings, found)


@pytest.mark.filterwarnings("ignore:`optimistic_adam` is deprecated")
@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in ALIASES])
def test_an_alias_follows_its_dialect(name: str) -> None:
    lab = laboratory(getattr(optax, name), ALIASES[name], **SETTINGS.get(name, {}))
    for check in map(asked, (each for each in ASKED if name not in STATELESS or each != OF_STATE)):
        found = check.examine(lab, seed=0, level="standard")
        assert found.status is Status.PASSED, found


@pytest.mark.parametrize("name", sorted(STATELESS))
def test_nothing_is_said_of_a_state_that_is_not_there(name: str) -> None:
    lab = laboratory(getattr(optax, name), ALIASES[name], **SETTINGS.get(name, {}))
    assert asked(OF_STATE).examine(lab, seed=0, level="quick").status is Status.NOT_APPLICABLE


def test_every_alias_that_has_a_dialect_of_its_own_declares_it() -> None:
    for name, rule in ALIASES.items():
        declared = rules.declared(f"optax:{name}") or name
        assert rules.find(declared) is rules.find(rule), name


def test_what_a_pure_optimizer_cannot_claim_has_a_reason() -> None:
    lab = laboratory(optax.sgd, "sgd")
    reasons = {check.id: check.applies(lab) for check in CHECKS}
    for name in ("closure.loss-is-returned", "groups.options-are-their-own", "gradient.absent-leaves-everything",
                 "rule.layouts-change-nothing", "construction.accepts-a-list"):
        assert (reasons[name] or "").startswith("not claimed: "), name
    assert reasons["rule.follows-definition"] is None
    assert reasons["state.survives-reload"] is None


@pytest.mark.slow
def test_galore_follows_its_dialect_on_matrices() -> None:
    lab = laboratory(optax.contrib.galore, "galore/longer-side")
    few = Stream("few", lambda lab, level: [(drawn(lab, shapes=((3, 2), (2, 3)), steps=(3, 5)), 12)])
    for check in map(asked, (name for name in ASKED if "state-follows" not in name)):  # a basis has no signs
        found = replace(check, stream=few).examine(lab, seed=0, level="standard")
        assert found.status is Status.PASSED, found


@pytest.mark.parametrize("name", ["polyak_sgd", "lbfgs"])
def test_an_update_that_asks_for_more_than_gradients_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"update\(\) needs 'value'.* beside gradients, state and parameters"):
        OptaxOptimizer(getattr(optax, name), {} if name == "polyak_sgd" else {"learning_rate": 0.1})


def test_without_its_noise_noisy_sgd_is_descent() -> None:
    lab = laboratory(optax.noisy_sgd, "sgd/plain", eta=0.0, key=0)
    assert asked("rule.follows-definition").examine(lab, seed=0, level="standard").status is Status.PASSED


@pytest.mark.parametrize("known", [True, False])
def test_a_known_predicate_chooses_its_branch_at_once(known: bool) -> None:
    ran: list[str] = []

    def yes(x: Any) -> Any:
        ran.append("yes" if not isinstance(x, jax.core.Tracer) else "traced")
        return x + 1

    def no(x: Any) -> Any:
        ran.append("no" if not isinstance(x, jax.core.Tracer) else "traced")
        return 2.0  # becomes what the other branch makes it

    with branching():
        out = jax.lax.cond(jax.numpy.asarray(known), yes, no, jax.numpy.asarray(3.0))
        assert float(jax.jit(lambda x: jax.lax.cond(x > 0, yes, no, x))(3.0)) == 4.0
    assert (float(out), out.dtype) == (4.0 if known else 2.0, jax.numpy.float64)
    assert [name for name in ran if name != "traced"] == ["yes" if known else "no"]
    assert jax.lax.cond is not chosen


def test_branches_of_unlike_types_are_refused_as_ever() -> None:
    with branching(), pytest.raises(TypeError, match="branches must have equal output types"):
        jax.lax.cond(jax.numpy.asarray(True), lambda x: x, lambda x: jax.numpy.zeros(3), jax.numpy.asarray(1.0))


def wrong_decay(learning_rate: float, b1: float = 0.9, b2: float = 0.999, weight_decay: float = 1e-4) -> Any:
    """Decay that is added after the rate."""
    return optax.chain(optax.adam(learning_rate, b1=b1, b2=b2), optax.add_decayed_weights(-weight_decay))


def counting(learning_rate: float, b1: float = 0.9, b2: float = 0.999) -> Any:
    """A step counter outside the state: it starts anew with every factory call, and so with every reload."""
    inner, steps = optax.scale_by_adam(b1=b1, b2=b2), iter(range(1, 1000))

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        updates, state = inner.update(updates, state, params)
        shrunk = learning_rate * (1 + 1e-3 * next(steps))
        return jax.tree.map(lambda u: -shrunk * u, updates), state

    return optax.GradientTransformation(inner.init, update)


def overwriting(learning_rate: float, momentum: float = 0.0) -> Any:
    """A factory whose update writes into the dictionaries that it is given."""
    inner = optax.sgd(learning_rate, momentum=momentum)

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        for each in updates:
            each["layer"]["w"] = 2.0 * each["layer"]["w"]
        return inner.update(updates, state, params)

    return optax.GradientTransformation(inner.init, update)


@pytest.mark.parametrize(("factory", "rule", "by"), [(wrong_decay, "adamw", "rule.follows-definition"),
                                                     (counting, "adam", "state.survives-reload"),
                                                     (overwriting, "sgd", "gradient.left-untouched")])
def test_a_wrong_factory_is_rejected(factory: Any, rule: str, by: str) -> None:
    found = asked(by).examine(laboratory(factory, rule), seed=0, level="standard", shrinks=False)
    assert found.status is Status.FAILED, found
