"""The runs behind pictures, each kind as one JSON record that `fiducial.reports.pictures` draws."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fiducial.suites.demonstrations import walks
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


MADE: dict[str, Callable[[Sequence[str], int], Record]] = {
    name: partial(trajectories, landscape=name) for name in walks.LANDSCAPES}


def record(picture: str, subjects: Sequence[str], *, seed: int) -> Record:
    """The runs of one picture. Raises Refusal for a picture that is not known."""
    if picture not in MADE:
        near = difflib.get_close_matches(picture, MADE, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise Refusal(f"no picture is named {picture}; {hint}the pictures are {', '.join(MADE)}", 2)
    return {"schema": SCHEMA, "picture": picture, "seed": seed, **MADE[picture](subjects, seed)}


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
