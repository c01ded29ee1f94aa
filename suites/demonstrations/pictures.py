"""The runs behind pictures, each kind as one JSON record that `fiducial.reports.pictures` draws."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fiducial.suites.demonstrations import curves, optimbench, ulps, walks
from fiducial.suites.jobs import Refusal

SCHEMA = "fiducial.picture/1"
USUAL = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam")  # where no subject is named
Record = dict[str, Any]


def trajectories(subjects: Sequence[str], seed: int, *, landscape: str) -> Record:
    """Where each subject is after each step on a landscape, with heights on a grid for the contours."""
    import numpy as np

    land = walks.LANDSCAPES[landscape]
    axes = [np.linspace(low, high, 121) for low, high in zip(land.low, land.high, strict=True)]
    heights = [[land.value(np.array([x, y])) for x in axes[0]] for y in axes[1]]
    return {"landscape": landscape, "axes": [axis.tolist() for axis in axes], "heights": heights,
            "start": list(land.start), "walks": [walks.walked(walks.walker(each), land) for each in subjects or USUAL]}


def loss(subjects: Sequence[str], seed: int) -> Record:
    """The loss on the training set after each epoch of learning to read digits. Raises Refusal."""
    from rich.console import Console
    from rich.progress import Progress

    from fiducial.suites.demonstrations import digits

    names = curves.chosen(subjects, list(digits.OPTIMIZERS), "optimizer")
    try:
        data = digits.load(seed)
    except digits.Missing as missing:
        raise Refusal(str(missing), 2) from None
    with Progress(console=Console(stderr=True), transient=True) as progress:
        runs = [digits.learn(name, data, seed=seed, progress=progress) for name in names]
    return {"runs": digits.record(runs, data, seed)["runs"]}


def head_to_head(subjects: Sequence[str], seed: int) -> Record:
    """How far each class is from its definition after each step."""
    named = subjects or ("torch.optim:SGD(lr=0.1, momentum=0.9)", "torch.optim:RMSprop", "torch.optim:Adam")
    return {"distances": [ulps.distance(walks.walker(each), seed) for each in named]}


def grid(subjects: Sequence[str], seed: int) -> Record:
    """The unit tests of stochastic optimization on still landscapes of scale 1: each optimizer's score in each cell."""
    names = curves.chosen(subjects, list(optimbench.OPTIMIZERS), "optimizer")
    cells = [cell for cell in optimbench.grid() if (cell.scale, cell.curl, cell.motion) == (1.0, 0.0, "still")]
    rows = [optimbench.examined(cell, seed=seed) for cell in cells]
    return {"cells": [{"shape": row["shape"], "noise": row["noise"]} for row in rows],
            "scores": {name: [row["optimizers"][name]["score"] for row in rows] for name in names}}


MADE: dict[str, Callable[[Sequence[str], int], Record]] = {
    **{name: partial(trajectories, landscape=name) for name in walks.LANDSCAPES}, "loss": loss, "ulps": head_to_head,
    "schedules": curves.schedules, "depth": curves.depth, "grid": grid}


def maker(picture: str) -> Callable[[Sequence[str], int], Record]:
    """What makes the runs of one picture. Raises Refusal for a picture that is not known."""
    if picture not in MADE:
        near = difflib.get_close_matches(picture, MADE, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise Refusal(f"no picture is named {picture}; {hint}the pictures are {', '.join(MADE)}", 2)
    return MADE[picture]


def record(picture: str, subjects: Sequence[str], *, seed: int) -> Record:
    """The runs of one picture. Raises Refusal for a picture that is not known."""
    return {"schema": SCHEMA, "picture": picture, "seed": seed, **maker(picture)(subjects, seed)}


def written(found: Record, file: str) -> None:
    """Write a record down; "-" is standard output. Raises ValueError."""
    text = json.dumps(found, allow_nan=False)
    if file == "-":
        print(text)
        return
    try:
        Path(file).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{file} cannot be written ({error.strerror}); choose another place") from None
