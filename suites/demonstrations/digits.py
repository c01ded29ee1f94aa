"""A net made of the references alone learns to read digits: with momentum, with Adam, with RMSprop.

    python -m fiducial.suites.demonstrations.digits --optimizer all --out loss.svg

A 64-128-10 ReLU net with a Kaiming normal start, cross-entropy, shuffled minibatches of 32 with a fifth of the pixels
dropped, and a rate that falls along a cosine over 40 epochs, on a random three quarters of scikit-learn's 1797 digits;
judged on the quarter that it has never seen. The record goes to standard output, progress to standard error.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import Progress

from fiducial.checks.evidence import Array
from fiducial.reference.initializers import kaiming_normal
from fiducial.reference.optimizers import adam, momentum, rmsprop
from fiducial.reference.preprocessing import mean_subtraction
from fiducial.reference.procedures import babysitting, minibatches
from fiducial.reference.regularization import dropout
from fiducial.reference.schedules import cosine

SCHEMA = "fiducial.digits/1"
SIZES = (64, 128, 10)
EPOCHS, BATCH, DROPPED = 40, 32, 0.2
OPTIMIZERS: Mapping[str, tuple[ModuleType, dict[str, float]]] = {
    "sgd": (momentum, {"lr": 0.2, "momentum": 0.9}),
    "adam": (adam, {"lr": 0.005}),
    "rmsprop": (rmsprop, {"lr": 0.005, "rho": 0.99}),
}


class Digits(NamedTuple):
    """Inputs with the training set's mean taken off, and labels."""

    x: Array
    y: Array
    held_x: Array
    held_y: Array


@dataclass
class Learnt:
    """One run: loss on the training set after each epoch, and the shares of digits read right."""

    optimizer: str
    options: dict[str, float]
    losses: list[float]
    train_accuracy: float
    accuracy: float
    seconds: float


class Missing(Exception):
    """A package that is not installed; the sentence says how to install it."""


def needed(package: str, how: str) -> None:
    """Raise Missing unless a package is installed."""
    if importlib.util.find_spec(package) is None:
        raise Missing(how)


def load(seed: int) -> Digits:
    """The digits in [0, 1], shuffled and split under a seed, the training set's mean taken off. Raises Missing."""
    needed("sklearn", "the digits come with scikit-learn: pip install scikit-learn")
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng([0, seed]).permutation(len(labels))
    held, kept = np.split(order, [len(labels) // 4])
    x = np.asarray(pixels, dtype=np.float64) / 16
    mean = mean_subtraction.fit(x[kept])
    return Digits(mean_subtraction.forward(x[kept], mean), labels[kept],
                  mean_subtraction.forward(x[held], mean), labels[held])


def start(rng: np.random.Generator) -> Array:
    """Fresh parameters: He's weights and biases of 0, layer by layer."""
    return np.concatenate([part for m, n in pairwise(SIZES)
                           for part in (kaiming_normal.draw((n, m), rng=rng).ravel(), np.zeros(n))])


def accuracy(x: Array, y: Array, theta: Array) -> float:
    """The share of digits read right."""
    return float(np.mean(babysitting.scores(x, theta, sizes=SIZES).argmax(axis=1) == y))


def learn(name: str, digits: Digits, *, seed: int, progress: Progress) -> Learnt:
    """One run of one optimizer."""
    optimizer, options = OPTIMIZERS[name]
    rng, begun = np.random.default_rng([1, seed]), time.perf_counter()
    theta, losses = start(rng), []
    state = optimizer.init(theta)
    for epoch in progress.track(range(EPOCHS), description=name):
        lr = cosine.rate(epoch, base=options["lr"], T_max=EPOCHS)
        for batch in minibatches.epoch(len(digits.y), BATCH, rng=rng):
            x = dropout.train(digits.x[batch], rng=rng, p=DROPPED)
            g = babysitting.gradient(x, digits.y[batch], theta, sizes=SIZES)
            theta, state = optimizer.step(theta, g, state, **{**options, "lr": lr})
        losses.append(float(babysitting.loss(digits.x, digits.y, theta, sizes=SIZES)))
    return Learnt(name, options, losses, accuracy(digits.x, digits.y, theta),
                  accuracy(digits.held_x, digits.held_y, theta), round(time.perf_counter() - begun, 2))


def draw(runs: Sequence[Learnt], path: Path) -> None:
    """The losses over the epochs, as an SVG that is the same for the same runs. Raises Missing."""
    needed("matplotlib", "a picture needs matplotlib: pip install 'fiducial[plots]'")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "fiducial", "svg.fonttype": "none"}):
        figure = Figure(figsize=(6.4, 4), layout="constrained")
        axes = figure.subplots()
        for run in runs:
            label = f"{run.optimizer}: {run.accuracy:.1%} of unseen digits read right"
            axes.semilogy(range(1, len(run.losses) + 1), run.losses, label=label)
        axes.set(xlabel="epoch", ylabel="cross-entropy on the training set")
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="svg", metadata={"Date": None})


def record(runs: Sequence[Learnt], digits: Digits, seed: int) -> dict[str, Any]:
    """The runs as JSON can hold them."""
    return {"schema": SCHEMA, "seed": seed, "sizes": SIZES, "epochs": EPOCHS, "batch": BATCH, "dropped": DROPPED,
            "trained_on": len(digits.y), "held_out": len(digits.held_y), "runs": [asdict(run) for run in runs]}


def seed_of(text: str) -> int:
    """A whole number of at least 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 0, got {text!r}")
    return int(text)


def picture(text: str) -> Path:
    """A path that a picture can be written to."""
    path = Path(text)
    if path.suffix != ".svg" or not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"must be a file name ending in .svg in a folder that exists, got {text!r}")
    return path


def main(arguments: list[str] | None = None) -> int:
    """Learn, print the record, and draw the picture; 2 where a package is missing."""
    parser = argparse.ArgumentParser(prog="python -m fiducial.suites.demonstrations.digits", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--optimizer", choices=[*OPTIMIZERS, "all"], default="all", help="all by default")
    parser.add_argument("--seed", type=seed_of, default=0, metavar="N", help="of split, start and order (0)")
    parser.add_argument("--out", type=picture, metavar="F.svg", help="where a picture of the losses goes")
    given = parser.parse_args(arguments)
    console = Console(stderr=True)
    try:
        if given.out is not None:
            needed("matplotlib", "a picture needs matplotlib: pip install 'fiducial[plots]'")
        digits = load(given.seed)
        names = list(OPTIMIZERS) if given.optimizer == "all" else [given.optimizer]
        with Progress(console=console, disable=not console.is_terminal) as progress:
            runs = [learn(name, digits, seed=given.seed, progress=progress) for name in names]
        if given.out is not None:
            draw(runs, given.out)
    except Missing as missing:
        console.print(str(missing), markup=False, highlight=False, soft_wrap=True)
        return 2
    print(json.dumps(record(runs, digits, given.seed), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
