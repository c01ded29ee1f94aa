"""The rows that the catalogue owes: section, grade, name, and how the bindings of the row are called.

L stands in the lectures, L° is only named there, B goes beyond them. A binding belongs to the first row of its section
one of whose words its own name begins with; what is found for it is never typed here.
"""

from __future__ import annotations

from typing import NamedTuple


class Owed(NamedTuple):
    """One row of the catalogue."""

    section: int
    grade: str
    row: str
    words: tuple[str, ...] = ()

    def holds(self, section: int, row: str) -> bool:
        """Whether a binding of this section and name belongs to the row."""
        return section == self.section and row.startswith(self.words or (self.row,))


def rows(section: int, grade: str, *names: str | tuple[str, ...]) -> tuple[Owed, ...]:
    """Rows of one grade; a tuple is a row's name and the words of its bindings."""
    return tuple(Owed(section, grade, name) if isinstance(name, str) else Owed(section, grade, name[0], name[1:])
                 for name in names)


OWED: tuple[Owed, ...] = (
    *rows(1, "L", "sigmoid", "tanh", "ReLU", "softplus", "leaky ReLU", "PReLU"),
    *rows(1, "L°", "randomized leaky ReLU"),
    *rows(1, "L", "noisy ReLU", "softmax, log-softmax, logsumexp"),
    *rows(1, "B", "GELU", "SiLU", "ELU", "SELU", "Mish", "hard variants", "Maxout"),
    *rows(2, "L", "squared error", "cross-entropy", "0-1 loss",
          ("L2, L1, Frobenius penalty", "L2 penalty", "L1 penalty", "Frobenius penalty"), "empirical risk",
          "surrogate loss"),
    *rows(2, "B", ("Huber", "Huber", "smooth L1"), "KL", "binary CE with logits",
          ("hinge", "hinge", "multi-class hinge"), "focal"),
    *rows(3, "L", ("affine layer, MLP", "affine layer", "mlp"), "computational graph", "four ways to a gradient",
          "vanishing / exploding gradients", "curvature by layer", "residual block"),
    *rows(3, "B", "convolution", "pooling", "embedding", ("RNN cell", "rnn cell"), "attention"),
    *rows(4, "L", ("batch norm, running statistics",), "batch norm", "layer norm"),
    *rows(4, "L°", "group norm", "instance norm"),
    *rows(4, "B", "RMS norm, weight norm, spectral norm"),
    *rows(5, "L", ("zeros, ones, constant", "zeros", "ones", "constant", "units stay equal"), "small random",
          "too large / too small", ("random normal, random uniform", "normal", "uniform"),
          ("LeCun / fan-in, fan-out", "lecun", "propagation"), ("Glorot / Xavier", "xavier"),
          ("He / Kaiming", "kaiming")),
    *rows(5, "L°", "orthogonal"),
    *rows(5, "L", "dead ReLU"),
    *rows(5, "B", ("truncated normal", "trunc_normal"), "LSUV", ("Dirac", "dirac"), "sparse", "gain table"),
    *rows(6, "L", "dropout, classic", "dropout, inverted"),
    *rows(6, "L°", "gradient noise"),
    *rows(6, "L", ("augmentation, Keras generator", "augmentation, Keras", "augmentation, interpolation"),
          "augmentation, crop"),
    *rows(6, "L°", "colour PCA"),
    *rows(6, "L", "test-time averaging"),
    *rows(6, "L°", "bagging"),
    *rows(6, "L", "early stopping as capacity control", "early stopping"),
    *rows(7, "L", "rescale", "mean subtraction", "standardization", "decorrelation", "PCA whitening", "ZCA whitening",
          "fit on the training set only"),
    *rows(8, "L", ("gradient descent", "gradient_descent:"),
          ("momentum, velocity form", "momentum:", "momentum_buffer:"),
          ("momentum, running-average form", "momentum_average:"), ("momentum schedule", "momentum_schedule:"),
          ("Nesterov, look-ahead form", "nesterov:", "nesterov_buffer:"),
          ("average of M gradients, moving window", "gradient_average:"), ("per-weight adaptive gains", "gains:"),
          ("sign-only", "sign_descent:"), ("AdaGrad", "adagrad:"), ("RMSprop", "rmsprop:", "rmsprop_centered:"),
          ("Adadelta", "adadelta:"), ("Adam", "adam:"), ("AdamW, and where decay stands", "adamw:", "decay:"),
          ("RAdam", "radam:"), ("LARS", "lars:"),
          ("Newton, damped Newton, diagonal Newton", "newton:", "diagonal_newton:")),
    *rows(8, "L°", ("Rprop", "rprop:"), ("AMSGrad", "amsgrad:"), ("NAdam", "nadam:"), ("LAMB", "lamb:"),
          ("conjugate gradients", "conjugate_gradients:")),
    *rows(8, "B", ("Adamax", "adamax:"),
          ("rest of torch.optim", "asgd:", "sparse_adam:", "adafactor:", "lbfgs:", "muon:", "maximize:"),
          ("Lion", "lion:"), ("AdaBelief", "adabelief:"), ("AdaBound", "adabound:"), ("Yogi", "yogi:"),
          ("QHM, QHAdam", "qhm:", "qhadam:"), ("NovoGrad", "novograd:"), ("MADGRAD", "madgrad:"),
          ("AdamP, SGDP", "adamp:", "sgdp:"), ("Adan", "adan:"), ("Lookahead", "lookahead:"), ("SAM", "sam:"),
          ("schedule-free SGD, AdamW", "schedule_free_sgd:", "schedule_free_adamw:"),
          ("D-Adaptation", "d_adaptation_sgd:", "d_adaptation_adam:"), ("Prodigy", "prodigy:"), ("CAME", "came:"),
          ("ADOPT", "adopt:"), ("AdEMAMix", "ademamix:"), ("Sophia", "sophia:"), ("Shampoo", "shampoo:"),
          ("SOAP", "soap:"), ("GaLore", "galore:"), ("adam-atan2", "adam_atan2:"), ("StableAdamW", "stable_adamw:"),
          ("cautious variants", "cautious_adamw:"), ("grokfast", "grokfast:"), ("FTRL", "ftrl:"),
          ("SM3", "sm3:"), ("Fromage", "fromage:"), ("optimistic descent", "optimistic:")),
    *rows(9, "L", "linear decay to τ, then constant", "step decay", "callback schedule", "time-based decay",
          "inverse square root", "reduce after convergence", ("warm-up", "constant warm-up", "gradual warm-up"),
          "batch-size growth"),
    *rows(9, "L°", "linear scaling of η with batch", "exponential", "cosine with restarts", "cosine", "polynomial",
          "cyclic", "one-cycle"),
    *rows(9, "L", "clip by norm", "clip by value"),
    *rows(10, "L", "SGD loop", "shuffled minibatches"),
    *rows(10, "L°", "curriculum ordering"),
    *rows(10, "L", "lottery ticket", "random search, coarse to fine", "fine-tuning / pre-training"),
    *rows(10, "L°", ("babysitting, bias-variance flowchart", "babysitting", "bias-variance"), "loss slices"),
    *rows(11, "L", "1-D quadratic", "tilted plane", "correlated quadratic", "ravine", "long valley", "saddle point",
          "local maximum", "plateau", "cliff", "two minima", "linear regression", "noisy quadratic"),
    *rows(11, "B", "Rosenbrock", "Beale", "Rastrigin", "logistic regression", "deep linear net",
          "shapes × scale × noise × curl × non-stationarity"),
    *rows(12, "L", "quadratic regimes", "terminal velocity", "momentum on a quadratic",
          "momentum flies over a minimum", "correlated inputs", "gradients and level sets", "fan-in and overshoot",
          "minibatch gradients", "averaging gradients", "L2 penalty and weight decay", "Adam's first step",
          "Adam's averages and their bias", "the unit of the loss",
          ("AdaGrad slows and does not stop; RMSprop forgets", "AdaGrad slows", "RMSprop forgets"),
          "variance of Adam's rate", ("saddle", "saddle:"), ("plateau and cliff", "plateau and cliff"),
          "batch norm and the scale of weights", "sigmoid chains and ReLU paths", "early layers learn slowly",
          "stochastic descent", "Nesterov against heavy ball", "dropout slows convergence", "costs",
          "saddle and long valley"),
)
