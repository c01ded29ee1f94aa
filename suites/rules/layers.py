"""Rules of layers: how public functions and modules spell the arguments of the definitions in `reference.layers`."""

from __future__ import annotations

from typing import Any

from fiducial.checks.claims import Claim
from fiducial.checks.claims_of_maps import (
    float32_follows_definition,
    follows_definition,
    gradient_follows_definition,
    gradient_is_the_derivative,
    layouts_change_nothing,
)
from fiducial.checks.layers import ATTENTION, AVERAGE, CONV1D, CONV2D, EMBEDDING, MAXIMUM, RNN, keys_in_any_order
from fiducial.checks.networks import AFFINE
from fiducial.reference.layers import (
    affine,
    attention,
    avg_pool2d,
    conv1d,
    conv2d,
    embedding,
    max_pool2d,
    rnn_cell,
)
from fiducial.suites.rules.kinds import MapRule


def of_a_map(definition: Any, *, held: tuple[str, ...] = (), **draws: Any) -> tuple[Claim, ...]:
    """What every layer claims: values, gradients, float32, strides; `held` options stay out of the derivative's draws,
    because they make the backward pass something else on purpose."""
    smooth = {name: strategy for name, strategy in draws.items() if name not in held}
    return (follows_definition(definition, **draws), gradient_follows_definition(definition, **draws),
            gradient_is_the_derivative(examples=10, **smooth), float32_follows_definition(definition, **draws),
            layouts_change_nothing(definition, **draws))


LINEAR = MapRule(
    name="linear", aliases=("affine", "dense"), summary="Affine layer: weights times inputs, plus biases.",
    formula="z = y Wᵀ + b", source="Rumelhart, Hinton, Williams, 1986, equation 1",
    definition=affine, claims=of_a_map(affine, **AFFINE), positional=("x", "w", "b"),
    parameters={"w": ("weight",), "b": ("bias",)},
    sizes={"in_features": lambda s: s["w"].shape[1], "out_features": lambda s: s["w"].shape[0]})


def convolution(name: str, definition: Any, draws: Any, formula: str) -> MapRule:
    """A convolution over some axes."""
    return MapRule(
        name=name, summary=f"{definition.__doc__.partition(':')[0]}, as networks have it: cross-correlation.",
        formula=formula, source="LeCun et al., 1989", definition=definition, claims=of_a_map(definition, **draws),
        positional=("x", "w", "b"), parameters={"w": ("weight",), "b": ("bias",)},
        sizes={"in_channels": lambda s: s["x"].shape[1], "out_channels": lambda s: s["w"].shape[0],
               "kernel_size": lambda s: s["w"].shape[2:]})


CONV1D_RULE = convolution("conv1d", conv1d, CONV1D, "y[o,l] = b[o] + Σ_{c,k} w[o,c,k] x[c, l s - p + k d]")
CONV2D_RULE = convolution("conv2d", conv2d, CONV2D,
                          "y[o,h,v] = b[o] + Σ_{c,k,l} w[o,c,k,l] x[c, h s - p + k d, v s' - p' + l d']")
MAX_POOL2D = MapRule(
    name="max_pool2d", summary="The largest entry of each window.", formula="y[h,v] = max_{k,l} x[h s + k, v s' + l]",
    source="Zhou, Chellappa, 1988", definition=max_pool2d, claims=of_a_map(max_pool2d, **MAXIMUM))
AVG_POOL2D = MapRule(
    name="avg_pool2d", summary="The mean of each window, zeros outside counted.",
    formula="y[h,v] = 1/(K K') Σ_{k,l} x[h s + k, v s' + l]", source="LeCun et al., 1998", definition=avg_pool2d,
    claims=of_a_map(avg_pool2d, **AVERAGE))
EMBEDDING_RULE = MapRule(
    name="embedding", summary="A row of weights for each index.", formula="y = w[i]",
    source="Bengio, Ducharme, Vincent, Jauvin, 2003", definition=embedding,
    claims=of_a_map(embedding, held=("padding_idx",), **EMBEDDING), positional=("i", "w"),
    parameters={"w": ("weight",)},
    sizes={"num_embeddings": lambda s: s["w"].shape[0], "embedding_dim": lambda s: s["w"].shape[1]})
RNN_CELL = MapRule(
    name="rnn_cell", aliases=("rnn_tanh_cell",), summary="Recurrent cell of Elman: one step of a hidden state.",
    formula="h' = tanh(x Wᵀ + b + h Uᵀ + c)", source="Elman, 1990", definition=rnn_cell,
    claims=of_a_map(rnn_cell, **RNN), positional=("x", "h", "w_ih", "w_hh", "b_ih", "b_hh"),
    parameters={"w_ih": ("weight_ih",), "w_hh": ("weight_hh",), "b_ih": ("bias_ih",), "b_hh": ("bias_hh",)},
    sizes={"input_size": lambda s: s["x"].shape[1], "hidden_size": lambda s: s["h"].shape[1]})
ATTENTION_RULE = MapRule(
    name="scaled_dot_product_attention", aliases=("attention", "sdpa"),
    summary="Values averaged with the softmax of how well queries fit keys.", formula="softmax(Q Kᵀ / √d) V",
    source="Vaswani et al., 2017, equation 1", definition=attention,
    claims=(*of_a_map(attention, **ATTENTION), keys_in_any_order), positional=("q", "k", "v"))
RULES = (LINEAR, CONV1D_RULE, CONV2D_RULE, MAX_POOL2D, AVG_POOL2D, EMBEDDING_RULE, RNN_CELL, ATTENTION_RULE)
