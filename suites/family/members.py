"""The families of SGD, AdaGrad, RMSprop and Adam, and where in them the known rules and dialects lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from fiducial.checks.plans import Options
from fiducial.suites.family.axes import Axis, Family, Form
from fiducial.suites.family.parts import ASCENT, AVERAGES, DECAY, DENOMINATORS, EPSILON, around, weight


class Memory(NamedTuple):
    """m: first moment or buffer; v: second moment; top: its maximum; t: steps done."""

    m: Any
    v: Any
    top: Any
    t: int


def _nothing(x: Any, o: Options, form: Form) -> Memory:
    zero = np.zeros_like(x)
    return Memory(zero, zero, zero, 0)


def _sgd(x: Any, g: Any, s: Memory, o: Options, form: Form) -> tuple[Any, Memory]:
    """The buffer b, and a step along it, or along g + μb."""
    mu, inside = o["momentum"], form["rate"] == "inside"
    if form["memory"] == "none":
        return x - o["lr"] * g, s
    ahead = form["look-ahead"] == "always" or (o.get("nesterov") and form["look-ahead"] != "never")
    share = 1 - mu if form["weight"] == "average" else 1 if o.get("nesterov") else 1 - o.get("dampening", 0.0)
    new = o["lr"] * g if inside else g
    b = new if form["first"] == "undamped" and s.t == 0 else mu * s.m + share * new
    along = new + mu * b if ahead else b
    return x - (along if inside else o["lr"] * along), s._replace(m=b, t=s.t + 1)


SGD = Family("sgd", (
    Axis("rate", {"outside": "the rate outside the buffer", "inside": "the rate inside the buffer"}),
    Axis("first", {"undamped": "a first buffer that is the gradient",
                   "damped": "a first buffer that is damped as all others"}),
    Axis("weight", {"damped": "new gradients weighted by 1-d", "average": "new gradients weighted by 1-μ"}),
    Axis("memory", {"buffer": "a buffer", "none": "no momentum"}),
    Axis("look-ahead", {"option": "Nesterov's look-ahead where asked for", "always": "Nesterov's look-ahead always",
                        "never": "no look-ahead"}),
    DECAY, ASCENT), _nothing, around(_sgd))


def _adagrad_start(x: Any, o: Options, form: Form) -> Memory:
    return _nothing(x, o, form)._replace(v=np.full_like(x, o["initial_accumulator_value"]))


def _adagrad(x: Any, g: Any, s: Memory, o: Options, form: Form) -> tuple[Any, Memory]:
    """The sum of squares, and a step divided by its root."""
    v = s.v + g**2
    done = s.t + 1 if form["count"] == "from 1" else s.t
    seen = s.v if form["order"] == "previous" else v
    rate = o["lr"] / (1 + done * o.get("lr_decay", 0.0))
    return x - rate * g / DENOMINATORS[form["eps"]](seen, 1, o["eps"]), s._replace(v=v, t=s.t + 1)


ADAGRAD = Family("adagrad", (
    Axis("eps", EPSILON),
    Axis("count", {"from 0": "a rate that decays from step 0", "from 1": "a rate that decays from step 1"}),
    Axis("order", {"current": "the sum with the newest square", "previous": "the sum without the newest square"}),
    DECAY, ASCENT), _adagrad_start, around(_adagrad))


def _rmsprop_start(x: Any, o: Options, form: Form) -> Memory:
    begin = _nothing(x, o, form)
    return begin._replace(v=np.ones_like(x)) if form["start"] == "one" else begin


def _rmsprop(x: Any, g: Any, s: Memory, o: Options, form: Form) -> tuple[Any, Memory]:
    """The mean square (`v`), the mean (`top`), and the buffer of scaled gradients (`m`)."""
    rho, mu, t = (1 - o["rho"] if form["rho"] == "complement" else o["rho"]), o["momentum"], s.t + 1
    v = AVERAGES[form["second"]](s.v, g**2, rho, s.t == 0)
    mean = AVERAGES["average"](s.top, g, rho, s.t == 0)
    seen = s.v if form["order"] == "previous" else v
    spread = seen - mean**2 if o["centered"] else seen
    scaled = g / DENOMINATORS[form["eps"]](spread, weight(rho, t) if form["correction"] == "yes" else 1, o["eps"])
    inside = form["rate"] == "inside"
    new = o["lr"] * scaled if inside else scaled
    b = mu * s.m + ((1 - mu) * new if form["momentum"] == "average" else new)
    along = new + mu * b if form["momentum"] == "look-ahead" else b
    return x - (along if inside else o["lr"] * along), Memory(b, v, mean, t)


RMSPROP = Family("rmsprop", (
    Axis("eps", EPSILON),
    Axis("start", {"zero": "a second moment that starts at 0", "one": "a second moment that starts at 1"}),
    Axis("second", {"average": "a running mean of squares", "seeded": "a second moment that starts as the first square",
                    "sum": "squares summed with decay, not averaged"}),
    Axis("correction", {"no": "no bias correction", "yes": "a bias-corrected second moment"}),
    Axis("rate", {"outside": "the rate outside the buffer", "inside": "the rate inside the buffer"}),
    Axis("momentum", {"sum": "a buffer that sums", "average": "a buffer that averages",
                      "look-ahead": "Nesterov's look-ahead along the buffer"}),
    Axis("rho", {"as named": "ρ the share that is kept", "complement": "ρ the share of what is new"}),
    Axis("order", {"current": "the newest square in the mean", "previous": "the newest square left out of the mean"}),
    DECAY, ASCENT), _rmsprop_start, around(_rmsprop))

RATES = {"as named": lambda a, b: (a, b), "swapped": lambda a, b: (b, a), "first": lambda a, b: (a, a),
         "second": lambda a, b: (b, b)}
DELAYS = {"both": (0, 0), "neither": (None, None), "first only": (0, None), "second only": (None, 0),
          "late": (1, 1), "first late": (1, 0), "second late": (0, 1)}
"""form of the correction → by how many steps each moment's is late (None: it has none)"""


def _adam(x: Any, g: Any, s: Memory, o: Options, form: Form) -> tuple[Any, Memory]:
    """The two moments, their corrections, the maximum where asked for, and the step."""
    beta1, beta2 = RATES[form["rates"]](o["beta1"], o["beta2"])
    t, first = s.t + 1, s.t == 0
    inside = form["rate"] == "inside"
    new = o["lr"] * g if inside else g
    m = AVERAGES[form["first"]](s.m, new, beta1, first)
    v = AVERAGES[form["second"]](s.v, g**2, beta2, first)
    c1, c2 = (1 if late is None else weight(beta, t + late)
              for beta, late in zip((beta1, beta2), DELAYS[form["correction"]], strict=True))
    top = np.maximum(s.top, v / c2 if form["maximum"] == "corrected" else v) if o.get("amsgrad") else s.top
    largest = (top * c2 if form["maximum"] == "corrected" else top) if o.get("amsgrad") else v
    along = _looking_ahead(form["look-ahead"], m, new, c1, beta1, t) / DENOMINATORS[form["eps"]](largest, c2, o["eps"])
    return x - (along if inside else o["lr"] * along), Memory(m, v, top, t)


def _looking_ahead(form: str, m: Any, new: Any, c1: Any, beta1: Any, t: int) -> Any:
    """m̂, or β₁m̂ + (1-β₁)g/c, c being the correction of this step or m̂'s of the next."""
    if form == "none":
        return m / c1
    return beta1 * m / (weight(beta1, t + 1) if form == "next" else c1) + (1 - beta1) * new / c1


ADAM = Family("adam", (
    Axis("eps", {"outside": "ε outside the root, after the correction", "under": "ε under the root",
                 "before-correction": "ε before the correction",
                 "under-before-correction": "ε under the root, before the correction", "absent": "no ε"}),
    Axis("correction", {"both": "bias corrections", "neither": "no bias correction",
                        "first only": "a bias correction of the first moment only",
                        "second only": "a bias correction of the second moment only",
                        "late": "bias corrections that count one step too many",
                        "first late": "a first bias correction that counts one step too many",
                        "second late": "a second bias correction that counts one step too many"}),
    Axis("rates", {"as named": "each rate for its own moment", "swapped": "β₁ and β₂ swapped",
                   "first": "β₁ for both moments", "second": "β₂ for both moments"}),
    Axis("first", {"average": "a first moment that averages", "sum": "a first moment that sums",
                   "seeded": "a first moment that starts as the first gradient"}),
    Axis("second", {"average": "a second moment that averages", "sum": "a second moment that sums",
                    "seeded": "a second moment that starts as the first square"}),
    Axis("look-ahead", {"none": "no look-ahead", "now": "Nesterov's look-ahead, corrected as this step",
                        "next": "Nesterov's look-ahead, corrected as the next step"}),
    Axis("maximum", {"plain": "AMSGrad's maximum of the uncorrected moment",
                     "corrected": "AMSGrad's maximum of the corrected moment"}),
    Axis("rate", {"outside": "the rate outside the moments", "inside": "the rate inside the first moment"}),
    DECAY, ASCENT), _nothing, around(_adam))

FAMILIES = (SGD, ADAGRAD, RMSPROP, ADAM)

FORMS: Mapping[str, tuple[Family, Form]] = {name: (family, family.form(**chosen)) for name, family, chosen in (
    ("sgd", SGD, {}), ("sgd/plain", SGD, {"memory": "none"}), ("sgd/velocity", SGD, {"rate": "inside"}),
    ("sgd/average", SGD, {"weight": "average", "first": "damped"}), ("sgd/decoupled", SGD, {"decay": "decoupled"}),
    ("sgd/decay-after", SGD, {"decay": "after"}),
    ("adagrad", ADAGRAD, {}), ("adagrad/keras", ADAGRAD, {"eps": "under"}),
    ("rmsprop", RMSPROP, {}), ("rmsprop/tensorflow", RMSPROP, {"eps": "under", "rate": "inside"}),
    ("rmsprop/tensorflow1", RMSPROP, {"eps": "under", "rate": "inside", "start": "one"}),
    ("rmsprop/under-root", RMSPROP, {"eps": "under"}),
    ("rmsprop/stable-baselines", RMSPROP, {"eps": "under", "start": "one"}),
    ("adam", ADAM, {}), ("adam/keras", ADAM, {"eps": "before-correction"}), ("adam/under-root", ADAM, {"eps": "under"}),
    ("adam/uncorrected", ADAM, {"correction": "neither"}), ("amsgrad", ADAM, {}),
    ("amsgrad/paper", ADAM, {"correction": "neither"}), ("amsgrad/optax", ADAM, {"maximum": "corrected"}),
    ("adamw", ADAM, {"decay": "decoupled"}), ("adamw/decay-after", ADAM, {"decay": "after"}),
    ("adamw/hugging-face", ADAM, {"decay": "after", "eps": "before-correction"}),
    ("adamw/fixed-decay", ADAM, {"decay": "fixed"}),
    ("adam/keras3", ADAM, {"decay": "decoupled", "eps": "before-correction"}),
    ("adamw/uncorrected", ADAM, {"decay": "decoupled", "correction": "neither"}),
    ("nadam/constant", ADAM, {"look-ahead": "next"}),
)}
"""rule or dialect → the point that it is"""
