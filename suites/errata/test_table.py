"""Every row of the list of errata is refuted: by which formulas as printed, of all that the bindings hold."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from fiducial.checks.evidence import Status
from fiducial.suites.demonstrations.catalogue import bindings, modules


class Row(NamedTuple):
    """One row: what the lectures print, by which printed formulas of bindings it is refuted, and what is words only.

    said        the lecture says it in words: the wrong subject does what the words say
    unmeasured  what of the row no measurement can refute, such as a name
    """

    name: str
    formulas: tuple[str, ...]
    said: bool = False
    unmeasured: str = ""


ROWS = (
    Row("Xavier uniform bound", ("Xavier uniform bound √6/(n_in+n_out)",)),
    Row("Xavier for variance 1/n", ("\"Xavier/Glorot\" for variance 1/n",), said=True),
    Row("He condition", ("He condition n_d D(w) = 1/2",)),
    Row("½ for the input layer", ("½ in front of every layer's factor n_jD(w_j), input layer too",)),
    Row("backward variance product", ("backward variance product over j=d…N",)),
    Row("variance of a product", ("D(uw)=E(u²)E(w²)-E²(u²)E²(w²) for independent u, w",)),
    Row("second moment after ReLU", ("E(x²)=½var(s²) after ReLU",)),
    Row("a random bias", ("variance goal met with a random bias term of the same variance",), said=True),
    Row("batch norm's m - 1", ("batch-norm backward with m-1 (twice) where the forward pass divides by m",)),
    Row("what batch norm undoes and keeps", ("batch norm \"undoes\" its transformation in the backward pass",
                                             "batch norm keeps \"covariance\" constant"), said=True),
    Row("Adam's denominator", ("Adam denominator √(v̂²+ε)",)),
    Row("Adam's counter and index", ("Adam's counter from k = 0", "Adam: w^(k) = w^(k) - …")),
    Row("AdaGrad's and RMSprop's sign", ("AdaGrad: Δθ = +η/(δ+√r) ⊙ g, θ ← θ + Δθ",
                                         "RMSprop: Δθ = +η/(δ+√r) ⊙ g, θ ← θ + Δθ")),
    Row("AdaGrad's and RMSprop's start", ("AdaGrad: the accumulator starts at θ",
                                          "RMSprop: the accumulator starts at θ")),
    Row("AdamW's two decays", ("AdamW with λθ in the gradient and in the step",)),
    Row("Nesterov's look-ahead", ("Nesterov look-ahead at w - v", "Nesterov look-ahead at w - v: the φ identity")),
    Row("an average of one gradient", ("v_t = Σ_m β^{t-m} (1-β) Δ_t",)),
    Row("a rate for each component", ("per-component rate 1/(∇E ⊙ ∇E)",)),
    Row("a decay that amplifies", ("“decay” η₀/√(t/N)",)),
    Row("Adadelta's sign and curvature", ("Adadelta: Δw ≈ +Q'/Q''", "Adadelta: ∂Q²/∂w² for the curvature")),
    Row("the gradient of a cost", ("∇J = +E ∇log p for a cost J",)),
    Row("the direction of a step", ("a step “in the direction of the gradient”",), said=True),
    Row("backward through g'(y)", ("∂x = g ⊙ g'(y)", "h ← h ⊙ g'(y)")),
    Row("a sum over examples twice", ("E = Σ_n L with L = Σ_n (t_n - y_n)²: summed in E and again in L",)),
    Row("passes of forward mode", ("forward mode: one pass per node",), said=True),
    Row("softmax's fixed vector", ("softmax(a + b) = softmax(a) for a fixed vector b",)),
    Row("the largest weight vector", ("subtract the largest weight vector",), said=True),
    Row("regularised risk", ("regularised risk -1/N Σ L + λ/N Ω", "regularised risk: λ/N Ω with N the batch")),
    Row("the next parameters", ("W at τ-1 computed from τ",)),
    Row("a chain's bound", ("derivative bounded by 2·¼·w", "the derivative of (y - a)² for a is y - a")),
    Row("vanish or explode", ("gradients either vanish or explode", "ReLU: no vanishing or exploding"), said=True),
    Row("whitening's divisor", ("whitening \"divides by the eigenvalue\"",), said=True),
    Row("zero-centering", ("X = mean(X), as zero-centering",)),
    Row("covariance and its root", ("Cov = X Xᵀ / N", "Cov^{-1/2}, without conditions")),
    Row("scales of inputs and weights", ("inputs scaled to the same covariance; weights scaled by √fan-in",
                                         "inputs scaled to “the same covariance”"), said=True),
    Row("the weight decay parameter", ("α of αΣw² is \"the weight decay parameter\"",
                                       "α of α Σ w² is the weight decay parameter"), said=True),
    Row("the mean score under dropout", ("E(S) = (1 - p) S, including the bias", "E θ(S) = θ(E S)")),
    Row("RMSprop with no ε", ("RMSprop: θ - η g/√r, with no ε",)),
    Row("what RAdam turns off", ("RAdam “turns off the momentum”", "RAdam: “gradients had high variance” at first"),
        said=True),
    Row("LARS's ratio", ("LARS: “global rate times trust ratio”",), said=True,
        unmeasured="“trust ratio” is LAMB's word"),
    Row("dying ReLUs", ("\"higher learning rates mitigate\" dying ReLUs",), said=True),
    Row("preprocessing and augmentation", ("steps of preprocessing as types of data augmentation",), said=True),
)

PRINTED = [wrong for name in modules() for binding in bindings(name) for wrong in binding.wrong
           if wrong.printed is not None]


def test_the_list_is_whole() -> None:
    """Forty-two rows, no fewer formulas, and no formula that belongs to no row, or to two."""
    named = [formula for row in ROWS for formula in row.formulas]
    assert len(ROWS) == len({row.name for row in ROWS}) == 42
    assert len(named) == len(set(named)) >= len(ROWS)
    assert set(named) == {wrong.printed for wrong in PRINTED}


def test_no_row_rests_on_words_alone() -> None:
    """What the lectures only say is measured as well, but for a matter of names."""
    assert all(row.formulas for row in ROWS)
    assert [row.name for row in ROWS if row.unmeasured] == ["LARS's ratio"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_refuted(row: Row) -> None:
    found = [wrong for wrong in PRINTED if wrong.printed in row.formulas]
    assert {wrong.printed for wrong in found} == set(row.formulas)
    for wrong in found:
        evidence = wrong.by.examine(wrong.subject, shrinks=False, level=wrong.level)
        assert wrong.right
        assert evidence.status is Status.FAILED, wrong.printed
