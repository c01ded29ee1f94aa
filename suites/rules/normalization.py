"""Normalization layers as public packages ship them, one row each."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks import normalization as claims
from fiducial.checks import normalization_gradients as gradients
from fiducial.checks import weight_normalization as roots
from fiducial.checks.claims import Claim
from fiducial.checks.claims_of_maps import (
    empty_batch,
    float32_follows_definition,
    follows_definition,
    gradient_follows_definition,
    gradient_is_the_derivative,
    layouts_change_nothing,
)
from fiducial.checks.evidence import Array
from fiducial.checks.standardized_blocks import CHANNEL, EXAMPLE, GROUP, INSTANCE, KnownToARounding, Scope
from fiducial.reference.normalization import (
    batch_norm,
    batch_norm_inference,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
)
from fiducial.suites.rules.kinds import MapRule

Draws = SearchStrategy[Any]
BATCHES = ((3, 2), (4, 1), (2, 3, 4), (1, 3, 4), (5, 2), (3, 2, 2, 3), (1, 2, 3, 2), (12, 3))
IMAGES = ((2, 4, 3), (1, 4, 5), (3, 2, 2, 3), (2, 6, 2), (2, 4, 3, 2))
SEQUENCES = ((2, 3), (3, 2, 4), (4, 7), (1, 2, 5), (2, 3, 2, 2), (17,))
SPELT = {"gamma": ("weight", "gamma", "scale"), "beta": ("bias", "beta"), "eps": ("eps", "epsilon")}
KEPT = {"gamma": ("weight",), "beta": ("bias",)}


def one_shape(shapes: tuple[tuple[int, ...], ...]) -> Draws:
    """One shape for all arguments of a sample."""
    return st.shared(st.sampled_from(shapes), key="shape")


def arguments(shapes: tuple[tuple[int, ...], ...], features: Any, **options: Draws) -> dict[str, Any]:
    """How x, gamma, beta and eps are drawn, all for one shape; `features` reads the shape of γ from that of x."""
    shape = one_shape(shapes)
    of_features = shape.map(features)
    return {"x": claims.real_arrays(shape), "gamma": claims.factors(of_features),
            "beta": claims.real_arrays(of_features, means=(0.0, 1.0)),
            "eps": st.sampled_from(claims.EPSILONS), **options}


def of_every_map(definition: Any, draws: dict[str, Any], *, values: Any = None) -> tuple[Claim, ...]:
    """What holds for any differentiable map; `values` stands in for the definition where values are compared."""
    values = values or definition
    return (follows_definition(values, examples=40, **draws),
            gradient_follows_definition(definition, examples=25, **draws),
            gradient_is_the_derivative(examples=4, **draws),
            float32_follows_definition(values, examples=20, **draws),
            layouts_change_nothing(values, examples=15, **draws))


def of_standardized(scope: Scope, draws: dict[str, Any]) -> tuple[Claim, ...]:
    """What holds where blocks are standardized, whatever the blocks are."""
    makers = (claims.output_moments, claims.shift_invariance, claims.positive_scale_invariance,
              claims.odd_under_negation, gradients.input_gradients_sum_to_zero,
              gradients.input_gradients_along_the_output, gradients.scale_and_shift_gradients)
    return tuple(make(scope, **draws) for make in makers)


def _as_layer_norm(x: Array, eps: float) -> Array:
    """x̂ of layer normalization over all but the first axis."""
    return np.asarray(layer_norm.forward(x, np.ones(x.shape[1:]), np.zeros(x.shape[1:]), eps=eps))


def _as_instance_norm(x: Array, eps: float) -> Array:
    """x̂ of instance normalization."""
    return np.asarray(instance_norm.forward(x, np.ones(x.shape[1]), np.zeros(x.shape[1]), eps=eps))


def _channels(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[1:2]


BATCH = arguments(BATCHES, _channels)
BATCH_NORM = MapRule(
    name="batch_norm", aliases=("batch_norm_1d", "batch_norm_2d", "batch_normalization"),
    summary="standardize each feature over the batch, then scale and shift it (training)",
    formula="y = γ (x - μ) / √(σ² + ε) + β,  μ and biased σ² of each channel over the batch",
    source="Ioffe, Szegedy, Batch normalization, 2015", definition=batch_norm, spelt=SPELT, parameters=KEPT,
    sizes={"num_features": lambda sample: sample["x"].shape[1]},
    keywords={"running_mean": None, "running_var": None, "training": True},
    claims=(*of_every_map(batch_norm, BATCH), *of_standardized(CHANNEL, BATCH),
            gradients.gradient_shrinks_as_the_weights_grow(CHANNEL, **arguments(((5, 2), (4, 1), (12, 3)), _channels)),
            claims.correlations_untouched(CHANNEL, **arguments(((5, 2), (12, 3), (3, 4, 5)), _channels)),
            claims.one_value_per_block_is_refused(**arguments(((1, 3), (1, 2, 1), (1, 2, 1, 1)), _channels))))

GIVEN = {"x": BATCH["x"], "mean": claims.real_arrays(one_shape(BATCHES).map(_channels)),
         "var": claims.factors(one_shape(BATCHES).map(_channels)).map(abs),
         **{name: BATCH[name] for name in ("gamma", "beta", "eps")}}
BATCH_NORM_INFERENCE = MapRule(
    name="batch_norm_inference", aliases=("batch_norm_eval",),
    summary="batch normalization with given statistics (inference)",
    formula="y = γ (x - μ) / √(σ² + ε) + β,  μ and σ² given",
    source="Ioffe, Szegedy, Batch normalization, 2015, algorithm 2", definition=batch_norm_inference,
    spelt={**SPELT, "mean": ("running_mean", "mean"), "var": ("running_var", "variance", "var")}, parameters=KEPT,
    buffers={"mean": ("running_mean",), "var": ("running_var",)}, training=False,
    sizes={"num_features": lambda sample: sample["x"].shape[1]}, keywords={"training": False},
    claims=(*of_every_map(batch_norm_inference, GIVEN, values=KnownToARounding(batch_norm_inference, "x", "mean")),
            claims.independent_of_the_batch(**GIVEN)))

LAYER = arguments(SEQUENCES, lambda shape: shape[-1:])
LAYER_NORM = MapRule(
    name="layer_norm", aliases=("layer_normalization",),
    summary="standardize the features of each example by themselves, then scale and shift each feature",
    formula="y = γ (x - μ) / √(σ² + ε) + β,  μ and biased σ² of each example over its features",
    source="Ba, Kiros, Hinton, Layer normalization, 2016", definition=layer_norm, spelt=SPELT, parameters=KEPT,
    sizes={"normalized_shape": lambda sample: sample["gamma"].shape},
    claims=(*of_every_map(layer_norm, LAYER), *of_standardized(EXAMPLE, LAYER),
            claims.independent_of_the_batch(**LAYER),
            claims.independent_of_the_length(**arguments(((2, 3, 4), (1, 4, 7)), lambda shape: shape[-1:])),
            empty_batch(layer_norm, **arguments(((0, 3), (0, 2, 4)), lambda shape: shape[-1:]))))

GROUPS = arguments(IMAGES, _channels, groups=st.sampled_from((2, 1)))
GROUP_NORM = MapRule(
    name="group_norm", aliases=("group_normalization",),
    summary="standardize groups of channels of each example by themselves, then scale and shift by channel",
    formula="y = γ (x - μ) / √(σ² + ε) + β,  μ and biased σ² of each example over C/G channels and all positions",
    source="Wu, He, Group normalization, 2018", definition=group_norm, parameters=KEPT,
    spelt={**SPELT, "groups": ("num_groups", "groups")},
    sizes={"num_channels": lambda sample: sample["x"].shape[1]},
    claims=(*of_every_map(group_norm, GROUPS), *of_standardized(GROUP, GROUPS),
            claims.independent_of_the_batch(**GROUPS),
            claims.agrees_with(_as_layer_norm, GROUP, "one_group_is_layer_norm",
                               **arguments(IMAGES, _channels, groups=st.just(1))),
            claims.agrees_with(_as_instance_norm, GROUP, "one_channel_a_group_is_instance_norm",
                               **arguments(IMAGES, _channels, groups=one_shape(IMAGES).map(lambda shape: shape[1])))))

PLANES = arguments(IMAGES, _channels)
INSTANCE_NORM = MapRule(
    name="instance_norm", aliases=("instance_norm_1d", "instance_norm_2d"),
    summary="standardize each channel of each example by itself, then scale and shift by channel",
    formula="y = γ (x - μ) / √(σ² + ε) + β,  μ and biased σ² of each channel of each example over its positions",
    source="Ulyanov, Vedaldi, Lempitsky, Instance normalization, 2016", definition=instance_norm, spelt=SPELT,
    parameters=KEPT, sizes={"num_features": lambda sample: sample["x"].shape[1]}, keywords={"affine": True},
    claims=(*of_every_map(instance_norm, PLANES), *of_standardized(INSTANCE, PLANES),
            claims.independent_of_the_batch(**PLANES),
            claims.one_value_per_block_is_refused(**arguments(((2, 3, 1), (1, 2, 1, 1)), _channels))))

ROOTS = {name: LAYER[name] for name in ("x", "gamma", "eps")}
RMS_NORM = MapRule(
    name="rms_norm", aliases=("root_mean_square_norm",),
    summary="divide the features of each example by their root mean square, then scale each feature",
    formula="y = γ x / √(mean x² + ε),  the mean over the features of each example",
    source="Zhang, Sennrich, Root mean square layer normalization, 2019", definition=rms_norm, spelt=SPELT,
    parameters=KEPT, sizes={"normalized_shape": lambda sample: sample["gamma"].shape},
    claims=(*of_every_map(rms_norm, ROOTS), roots.output_root_mean_square(**ROOTS),
            roots.scale_moves_with_epsilon(**ROOTS), roots.gradient_along_the_input(**ROOTS),
            claims.independent_of_the_batch(**ROOTS)))

RULES = (BATCH_NORM, BATCH_NORM_INFERENCE, LAYER_NORM, GROUP_NORM, INSTANCE_NORM, RMS_NORM)
