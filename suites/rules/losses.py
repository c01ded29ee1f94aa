"""Rules of losses: how public functions and modules spell the arguments of the definitions in `reference.losses`."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks import classification, losses, penalties, robust_losses
from fiducial.checks.claims import Claim
from fiducial.checks.claims_of_maps import (
    float32_follows_definition,
    follows_definition,
    gradient_follows_definition,
    gradient_is_the_derivative,
    layouts_change_nothing,
)
from fiducial.reference.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    focal,
    frobenius,
    hinge,
    huber,
    kl_div,
    l1,
    l2,
    multi_margin,
    nll,
    smooth_l1,
    squared_error,
    zero_one,
)
from fiducial.suites.rules.kinds import MapRule


def of_a_loss(definition: Any, near: Mapping[str, Any], **draws: Any) -> tuple[Claim, ...]:
    """What every loss claims: values, gradients, float32, strides.

    near  draws in which no exponential is absorbed by a sum: a difference of values does not see what was
    """
    return (follows_definition(definition, examples=60, **draws),
            gradient_follows_definition(definition, examples=40, **draws),
            gradient_is_the_derivative(examples=15, **{**draws, **near}),
            float32_follows_definition(definition, examples=25, **draws),
            layouts_change_nothing(definition, examples=15, **draws))


def tensor_like(value: Any, sample: Any) -> Any:
    """Weights given as plain numbers, as a tensor of the dtype of the scores."""
    if value is None:
        return None
    import torch

    narrow = any(getattr(x, "dtype", None) == np.float32 for x in sample.values())
    return torch.as_tensor(value, dtype=torch.float32 if narrow else torch.float64)


FORMS = {"mean": (squared_error.mean_forward, squared_error.mean_backward),
         "sum": (squared_error.forward, squared_error.backward),
         "none": (squared_error.each_forward, squared_error.each_backward)}


def _mse_forward(y: Any, t: Any, *, reduction: str = "mean") -> Any:
    return FORMS[reduction][0](y, t)


def _mse_backward(y: Any, t: Any, g: Any, *, reduction: str = "mean") -> Any:
    return FORMS[reduction][1](y, t, g)


_MSE = SimpleNamespace(forward=_mse_forward, backward=_mse_backward)
_PAIRS = {**losses.PAIR, "reduction": losses.REDUCTION}
MSE_LOSS = MapRule(
    name="mse_loss", aliases=("squared_error", "l2_loss", "mean_squared_error"),
    summary="Squared error of predictions against targets: mean, sum, or entry by entry.",
    formula="L = 1/n Σ (t - y)²", source="the lectures; Bishop, 2006, equation 1.2",
    definition=_MSE, positional=("y", "t"),
    claims=(*of_a_loss(_MSE, {}, **_PAIRS), losses.convex_in("y", _MSE, **_PAIRS),
            losses.reductions_agree(**losses.PAIR)))

CROSS_ENTROPY = MapRule(
    name="cross_entropy", aliases=("crossentropyloss", "softmax_cross_entropy"),
    summary="Negative log-likelihood of the softmax of scores; class weights, label smoothing, ignored labels.",
    formula="L_n = -Σ_c w_c ((1 - ε)[c = y_n] + ε/C) log softmax(x_n)_c", source="Bishop, 2006, equation 4.108",
    definition=cross_entropy, positional=("x", "labels"), options={"weight": tensor_like},
    claims=(*of_a_loss(cross_entropy, {"x": classification.NEAR}, **classification.OPTIONS_OF_CROSS_ENTROPY),
            losses.convex_in("x", cross_entropy, **losses.CLASSIFIED),
            losses.never_negative(cross_entropy, **classification.OPTIONS_OF_CROSS_ENTROPY),
            losses.reductions_agree(**losses.CLASSIFIED),
            classification.shifted_scores_cost_the_same(cross_entropy),
            classification.probabilities_minus_one_hot,
            classification.expected_gradient_is_free_of_the_batch_size,
            classification.does_not_vanish_at_a_confident_mistake,
            classification.all_ignored_is_no_number("x"),
            classification.ignored_count_nowhere(cross_entropy, "x"),
            classification.weights_are_relative(cross_entropy, "x"),
            classification.smoothing_is_a_mixture(cross_entropy)))

NLL_LOSS = MapRule(
    name="nll_loss", aliases=("nll",),
    summary="Negative log-likelihood of labels, from log-probabilities; class weights, ignored labels.",
    formula="L_n = -w_{y_n} ℓ_{n, y_n}", source="Bishop, 2006, equation 4.108",
    definition=nll, positional=("logp", "labels"), options={"weight": tensor_like},
    claims=(*of_a_loss(nll, {}, **classification.OPTIONS_OF_NLL),
            classification.all_ignored_is_no_number("logp"),
            classification.ignored_count_nowhere(nll, "logp"), classification.weights_are_relative(nll, "logp")))

ZERO_ONE = MapRule(
    name="zero_one_loss", aliases=("zero_one", "0-1"), summary="0-1 loss: the share of mistakes.",
    formula="L_n = [argmax x_n ≠ y_n]", source="Hastie, Tibshirani, Friedman, 2009, section 2.4",
    definition=zero_one, positional=("x", "labels"),
    claims=(classification.counts_the_mistakes(zero_one),
            losses.reductions_agree(**losses.CLASSIFIED), classification.flat_almost_everywhere,
            classification.below_the_cross_entropy))

L2 = MapRule(
    name="l2_penalty", aliases=("l2", "ridge"), summary="L2 penalty: λ times the sum of squared weights.",
    formula="Ω = λ Σ w²", source="Krogh, Hertz, 1991", definition=l2, positional=("w",),
    spelt={"lam": ("lam", "lambda_", "weight", "strength", "alpha", "l2")},
    claims=(*of_a_loss(l2, {}, **penalties.PENALIZED), penalties.decay_factor(**penalties.PENALIZED),
            penalties.homogeneous(2, **penalties.PENALIZED), losses.convex_in("w", l2, **penalties.PENALIZED)))

L1 = MapRule(
    name="l1_penalty", aliases=("l1", "lasso"), summary="L1 penalty: λ times the sum of absolute weights.",
    formula="Ω = λ Σ |w|", source="Tibshirani, 1996", definition=l1, positional=("w",),
    spelt={"lam": ("lam", "lambda_", "weight", "strength", "alpha", "l1")},
    claims=(*of_a_loss(l1, {}, **penalties.PENALIZED), penalties.kink_at_zero_is_seen,
            penalties.pulls_with_one_strength, penalties.homogeneous(1, **penalties.PENALIZED),
            losses.convex_in("w", l1, **penalties.PENALIZED)))

FROBENIUS = MapRule(
    name="frobenius_penalty", aliases=("frobenius",), summary="Frobenius penalty: λ times the squared Frobenius norm.",
    formula="Ω = λ ‖W‖_F²", source="Golub, Van Loan, 2013, section 2.3", definition=frobenius, positional=("w",),
    spelt={"lam": ("lam", "lambda_", "weight", "strength", "alpha")},
    claims=(*of_a_loss(frobenius, {}, **penalties.MATRIX), penalties.decay_factor(**penalties.MATRIX),
            penalties.homogeneous(2, **penalties.MATRIX), penalties.sum_of_squared_singular_values,
            penalties.turning_changes_nothing))

_HUBER = {**losses.PAIR, "delta": robust_losses.WIDTHS, "reduction": losses.REDUCTION}
HUBER_LOSS = MapRule(
    name="huber_loss", aliases=("huber",), summary="Huber loss: quadratic near the target, linear beyond δ.",
    formula="L = ½ a² + δ (|y - t| - a),  a = min(|y - t|, δ)", source="Huber, 1964", definition=huber,
    positional=("y", "t"),
    claims=(*of_a_loss(huber, {}, **_HUBER), losses.convex_in("y", huber, **_HUBER),
            losses.reductions_agree(**losses.PAIR), robust_losses.pull_is_limited("delta", scaled=False),
            robust_losses.near_it_is_the_square(huber, "delta", scaled=False)))

_SMOOTH = {**losses.PAIR, "beta": robust_losses.WIDTHS | st.just(0.0), "reduction": losses.REDUCTION}
SMOOTH_L1_LOSS = MapRule(
    name="smooth_l1_loss", aliases=("smooth_l1",), summary="Smooth L1 loss: absolute error, rounded off within β.",
    formula="L = ½ r²/β where |r| < β, |r| - ½ β elsewhere,  r = y - t", source="Girshick, 2015, equation 3",
    definition=smooth_l1, positional=("y", "t"),
    claims=(*of_a_loss(smooth_l1, {}, **_SMOOTH), losses.convex_in("y", smooth_l1, **_SMOOTH),
            losses.reductions_agree(**losses.PAIR), robust_losses.pull_is_limited("beta", scaled=True),
            robust_losses.near_it_is_the_square(smooth_l1, "beta", scaled=True)))

_DIVERGENCE = {**robust_losses.DIVERGENCE, "log_target": st.booleans(),
               "reduction": losses.REDUCTION | st.just("batchmean")}
KL_DIV = MapRule(
    name="kl_div", aliases=("kl", "kullback_leibler"),
    summary="Kullback-Leibler divergence of target probabilities from log-probabilities.",
    formula="L = t (log t - ℓ)", source="Kullback, Leibler, 1951", definition=kl_div, positional=("logp", "t"),
    claims=(*of_a_loss(kl_div, {}, **_DIVERGENCE), robust_losses.gibbs(kl_div),
            losses.reductions_agree(**robust_losses.DIVERGENCE)))

_LOGITS = {**robust_losses.LOGITS, "weight": st.sampled_from((None, 0.5)), "pos_weight": st.sampled_from((None, 2.0)),
           "reduction": losses.REDUCTION}
BCE = MapRule(
    name="binary_cross_entropy_with_logits", aliases=("bcewithlogitsloss", "sigmoid_cross_entropy"),
    summary="Binary cross-entropy of targets in [0, 1], from logits; weights of entries and of positive targets.",
    formula="L = -w (π t log σ(x) + (1 - t) log(1 - σ(x)))", source="Bishop, 2006, equation 4.90",
    definition=binary_cross_entropy_with_logits, positional=("x", "t"),
    options={"weight": tensor_like, "pos_weight": tensor_like},
    claims=(*of_a_loss(binary_cross_entropy_with_logits, {"x": robust_losses.NEAR}, **_LOGITS),
            losses.convex_in("x", binary_cross_entropy_with_logits, **robust_losses.LOGITS),
            losses.never_negative(binary_cross_entropy_with_logits, **_LOGITS),
            losses.reductions_agree(**robust_losses.LOGITS),
            robust_losses.yes_is_no_turned_round(binary_cross_entropy_with_logits),
            robust_losses.linear_in_a_sure_mistake))

_MARGINS = {**robust_losses.MARGINS, "margin": robust_losses.WIDTHS, "reduction": losses.REDUCTION}
HINGE = MapRule(
    name="hinge_loss", aliases=("hinge",), summary="Hinge loss: how far a score stays below its margin.",
    formula="L = max(0, m - t x)", source="Cortes, Vapnik, 1995, section 3", definition=hinge, positional=("x", "t"),
    claims=(*of_a_loss(hinge, {}, **_MARGINS), losses.convex_in("x", hinge, **_MARGINS),
            losses.reductions_agree(**robust_losses.MARGINS), robust_losses.beyond_the_margin_nothing_pulls))

_CLASSES = {**losses.CLASSIFIED, "margin": robust_losses.WIDTHS, "reduction": losses.REDUCTION}
MULTI_MARGIN_LOSS = MapRule(
    name="multi_margin_loss", aliases=("multiclass_hinge",),
    summary="Multi-class margin loss: the label's score should lie a margin above each of the others.",
    formula="L_n = 1/C Σ_{c ≠ y_n} max(0, m - x_{n,y_n} + x_nc)", source="Weston, Watkins, 1999",
    definition=multi_margin, positional=("x", "labels"),
    claims=(*of_a_loss(multi_margin, {}, **_CLASSES), losses.convex_in("x", multi_margin, **_CLASSES),
            losses.reductions_agree(**losses.CLASSIFIED), classification.shifted_scores_cost_the_same(multi_margin)))

_FOCAL = {**robust_losses.YES_OR_NO, "alpha": st.sampled_from((0.25, None, 0.5)),
          "gamma": st.sampled_from((2.0, 0.0, 0.5)), "reduction": losses.REDUCTION}
FOCAL = MapRule(
    name="sigmoid_focal_loss", aliases=("focal", "focal_loss"),
    summary="Focal loss: binary cross-entropy with logits in which what is right already counts less.",
    formula="L = -α_t (1 - p)^γ log p,  p = σ(±x)", source="Lin et al., 2017, equations 4 and 5", definition=focal,
    positional=("x", "t"),
    claims=(*of_a_loss(focal, {"x": robust_losses.NEAR}, **_FOCAL), losses.never_negative(focal, **_FOCAL),
            losses.reductions_agree(**robust_losses.YES_OR_NO), robust_losses.without_focus_it_is_logistic,
            robust_losses.easy_examples_count_less))

RULES: tuple[MapRule, ...] = (MSE_LOSS, CROSS_ENTROPY, NLL_LOSS, ZERO_ONE, L2, L1, FROBENIUS, HUBER_LOSS,
                              SMOOTH_L1_LOSS, KL_DIV, BCE, HINGE, MULTI_MARGIN_LOSS, FOCAL)
