"""Weight decay, to be composed with any optimizer: before it in the gradient, or beside it in the parameters.

    coupled      g ← g + λ x             the gradient of an L2 penalty λ/2 ‖x‖², seen by every average of gradients
    decoupled    x ← x (1 - η λ)         apart from the gradient, scaled by the learning rate
    fixed        x ← x (1 - λ)           apart from both

Source   Loshchilov, Hutter, Decoupled weight decay regularization, 2019, equation 1 and algorithm 2.
Variant  coupled: torch's weight_decay everywhere but in AdamW; a penalty λ ‖x‖² without its half is 2 λ here.
         decoupled: torch's AdamW, Keras's weight_decay. fixed: the paper's λ at schedule multiplier 1;
         pytorch_optimizer's fixed_decay; optimi's decouple_lr at its largest learning rate.
"""

from .._arrays import Array


def coupled(g: Array, x: Array, *, weight_decay: float) -> Array:
    """The gradient with the penalty's gradient added."""
    return g + weight_decay * x


def decoupled(x: Array, *, lr: float, weight_decay: float) -> Array:
    """The parameters shrunk by η λ."""
    return x * (1 - lr * weight_decay)


def fixed(x: Array, *, weight_decay: float) -> Array:
    """The parameters shrunk by λ, whatever the learning rate."""
    return x * (1 - weight_decay)
