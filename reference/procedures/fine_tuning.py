"""Fine-tuning: begin with another task's weights, draw the new layers, and train only what is not frozen.

    θ = {layer: pretrained if it is kept, else fresh}
    step: (x, s) ← step(x, g, s) for each layer that is trained; frozen layers keep x and s, bit for bit

Source   Bengio, Lamblin, Popovici, Larochelle, Greedy layer-wise training of deep networks, 2007 (pre-training).
         Yosinski, Clune, Bengio, Lipson, How transferable are features in deep neural networks?, 2014 (freezing).
Variant  torch's requires_grad=False leaves the gradient away, which is this. A gradient of zero is not: weight decay
         and momentum go on moving the parameter.
"""

from collections.abc import Collection, Mapping
from typing import Any

from .._arguments import real
from .._arrays import Array
from ._stepping import Optimizer

Layers = Mapping[str, Array]


def _known(name: str, chosen: Collection[str], layers: Layers) -> Collection[str]:
    strange = sorted(set(chosen) - set(layers))
    if strange:
        raise ValueError(f"{name} must name layers among {', '.join(sorted(layers))}, got {', '.join(strange)}")
    return chosen


def transfer(pretrained: Layers, fresh: Layers, *, keep: Collection[str]) -> dict[str, Array]:
    """The weights to begin with. Raises ValueError for a layer that is unknown or of another shape."""
    _known("keep", keep, fresh)
    for name in _known("keep", keep, pretrained):
        if pretrained[name].shape != fresh[name].shape:
            raise ValueError(f"{name} must have shape {fresh[name].shape} to be kept, got {pretrained[name].shape}")
    return {name: (pretrained[name] if name in keep else real(name, x)).copy() for name, x in fresh.items()}


def init(x: Layers, *, optimizer: Optimizer) -> dict[str, Any]:
    """Every layer's state, also of those that are frozen to begin with."""
    return {name: optimizer.init(layer) for name, layer in x.items()}


def step(x: Layers, g: Layers, state: Mapping[str, Any], *, frozen: Collection[str], optimizer: Optimizer,
         **options: Any) -> tuple[dict[str, Array], dict[str, Any]]:
    """One step. g needs no entry for a frozen layer. Raises ValueError for an unknown layer."""
    _known("frozen", frozen, x)
    pairs = {name: (layer, state[name]) if name in frozen else optimizer.step(layer, g[name], state[name], **options)
             for name, layer in x.items()}
    return {name: pair[0] for name, pair in pairs.items()}, {name: pair[1] for name, pair in pairs.items()}
