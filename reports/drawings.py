"""Pictures that stand still, drawn with Matplotlib: the same record gives the same file."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from fiducial.reports import words

Record = dict[str, Any]
# Told apart by people who see red and green alike (Okabe, Ito, Color universal design, 2008), and by their strokes.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7a5195")
STROKES = ("-", "--", "-.", ":")
STEADY = {"svg.hashsalt": "fiducial", "svg.fonttype": "none", "text.parse_math": False}


def stroke(index: int) -> dict[str, Any]:
    """The colour and the stroke of the index-th line."""
    return {"color": COLOURS[index % len(COLOURS)], "linestyle": STROKES[index // len(COLOURS) % len(STROKES)]}


def levels(heights: list[list[float]], count: int = 18) -> list[float]:
    """Heights of contours: dense where the floor is, by the cube of an even step from the lowest to the highest."""
    flat = [height for row in heights for height in row]
    low, high = min(flat), max(flat)
    return [low + (high - low) * ((index + 0.5) / count) ** 3 for index in range(count)]


def trajectories(figure: Figure, record: Record) -> None:
    """Paths over contours, and beside them the heights that they came through."""
    plane, fall = figure.subplots(1, 2, width_ratios=(1.5, 1))
    landscape(plane, record)
    for index, walk in enumerate(record["walks"]):
        x, y = zip(*walk["path"], strict=True)
        label = f"{words.shown(walk['name'], 60)}, rate {walk['rate']:.3g}"
        plane.plot(x, y, linewidth=1.6, label=label, **stroke(index))
        plane.plot(x[-1], y[-1], "o", color=COLOURS[index % len(COLOURS)], markersize=5)
        fall.plot(walk["loss"], linewidth=1.6, **stroke(index))
    fall.set(xlabel="step", ylabel="height")
    if min(min(walk["loss"]) for walk in record["walks"]) > 0:
        logarithmic(fall)
    fall.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize="small")


def logarithmic(axes: Axes) -> None:
    """A logarithmic ordinate, its powers of ten in plain figures."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def landscape(axes: Axes, record: Record) -> None:
    """The contours, and where all begin."""
    axes.contour(*record["axes"], record["heights"], levels=levels(record["heights"]), colors="#9aa4b0",
                 linewidths=0.6, linestyles="solid")
    axes.plot(*record["start"], "k*", markersize=9, label="start")
    axes.set(xlabel="x₁", ylabel="x₂", title=record["landscape"])


DRAWN: dict[str, tuple[Callable[[Figure, Record], None], tuple[float, float]]] = {
    **dict.fromkeys(("valley", "saddle", "rosenbrock"), (trajectories, (10.0, 5.2)))}
ANIMATED = ("valley", "saddle", "rosenbrock")


def drawn(record: Record, file: str, form: str) -> None:
    """Draw a record into a file of a form. Raises ValueError for a picture that is not known, or a spoilt record."""
    if record.get("picture") not in DRAWN:
        raise ValueError(f"no picture is named {record.get('picture')}; the pictures are {', '.join(DRAWN)}")
    picture, size = DRAWN[record["picture"]]
    with rc_context(STEADY):
        figure = Figure(figsize=size, layout="constrained")
        picture(figure, record)
        metadata = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
        figure.savefig(file, format=form, dpi=130, metadata=metadata)


def finite(values: list[Any]) -> list[float]:
    """Numbers of a record: nan and the infinities stand there as words."""
    return [float(value) if math.isfinite(float(value)) else math.nan for value in values]
