"""Pictures that stand still, drawn with Matplotlib: the same record gives the same file."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, BinaryIO

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
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


def loss(figure: Figure, record: Record) -> None:
    """One curve for each optimizer that learnt."""
    axes = figure.subplots()
    for index, run in enumerate(record["runs"]):
        label = f"{words.shown(run['optimizer'], 60)}: {run['accuracy']:.1%} of unseen digits read right"
        axes.plot(range(1, len(run["losses"]) + 1), finite(run["losses"]), label=label, **stroke(index))
    logarithmic(axes)
    finished(axes, "epoch", "cross-entropy on the training set")


def ulps(figure: Figure, record: Record) -> None:
    """A panel for each format; half a unit is what rounding once costs."""
    forms = sorted({form for each in record["distances"] for form in each["ulps"]}, reverse=True)
    for place, (axes, form) in enumerate(zip(figure.subplots(1, len(forms), squeeze=False)[0], forms, strict=True)):
        for index, each in enumerate(record["distances"]):
            found = finite(each["ulps"][form])
            axes.plot(range(1, len(found) + 1), found, label=words.shown(each["name"], 60), **stroke(index))
        axes.axhline(0.5, color="#9aa4b0", linewidth=0.8)
        axes.set_title(form)
        finished(axes, "step", "" if place else "largest distance from the definition, ulps")


def schedules(figure: Figure, record: Record) -> None:
    """A small panel for each schedule."""
    rates = record["rates"]
    columns = min(4, len(rates))
    panels = figure.subplots(math.ceil(len(rates) / columns), columns, squeeze=False, sharex=True, sharey=True)
    for axes in panels.flat[len(rates):]:
        axes.set_axis_off()
    for axes, (name, found) in zip(panels.flat, rates.items(), strict=False):
        axes.plot(finite(found), color=COLOURS[0])
        axes.set_title(words.shown(name, 40), fontsize="medium")
        axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("step")
    figure.supylabel("rate")


def depth(figure: Figure, record: Record) -> None:
    """A panel for each activation, a curve for each start."""
    panels = figure.subplots(1, len(record["squares"]), squeeze=False, sharey=True)[0]
    for axes, (activation, starts) in zip(panels, record["squares"].items(), strict=True):
        for index, (name, found) in enumerate(starts.items()):
            axes.plot(range(1, len(found) + 1), finite(found), label=words.shown(name, 40), **stroke(index))
        axes.set_title(f"{activation}, {record['width']} wide")
        logarithmic(axes)
        finished(axes, "layer", "mean square of the activations" if axes is panels[0] else "")


# Better than the best plain rate, as good, worse, worse than staying; grey where plain descent gains nothing.
GRADES = ((1.1, "#08589e", "better"), (0.9, "#41ab5d", "as good"), (0.5, "#c7e9a0", "half as good"),
          (0.0, "#fdae61", "worse"), (-math.inf, "#d73027", "worse than staying"))
UNJUDGED = "#c3cad2"


def grade(score: float | None) -> str:
    """The colour of a score."""
    return UNJUDGED if score is None else next(colour for least, colour, _ in GRADES if float(score) >= least)


def grid(figure: Figure, record: Record) -> None:
    """Optimizers down, cells across, in order of their noise; a colour for each score."""
    cells, scores = record["cells"], record["scores"]
    order = sorted(range(len(cells)), key=lambda index: (cells[index]["noise"] != "none", cells[index]["noise"]))
    colours = [[to_rgb(grade(found[index])) for index in order] for found in scores.values()]
    axes = figure.subplots()
    axes.imshow(colours, aspect="auto")
    axes.set_yticks(range(len(scores)), [words.shown(name, 40) for name in scores])
    axes.set_xticks(range(len(order)), [words.shown(cells[index]["shape"], 30) for index in order], rotation=90,
                    fontsize="x-small")
    noises = [cells[index]["noise"] for index in order]
    for place in range(len(noises)):
        if place == 0 or noises[place] != noises[place - 1]:
            axes.axvline(place - 0.5, color="white", linewidth=3)
            axes.text(place - 0.3, -0.7, words.shown(noises[place], 30), fontsize="small", ha="left")
    marks = [Patch(color=colour, label=label) for _, colour, label in GRADES]
    figure.legend(handles=[*marks, Patch(color=UNJUDGED, label="plain descent gains nothing")], ncols=6, frameon=False,
                  loc="outside lower center", fontsize="small")


def finished(axes: Axes, across: str, up: str) -> None:
    """Names, a legend and no frame."""
    axes.set(xlabel=across, ylabel=up)
    axes.legend(frameon=False, fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)


DRAWN: dict[str, tuple[Callable[[Figure, Record], None], tuple[float, float]]] = {
    **dict.fromkeys(("valley", "saddle", "rosenbrock"), (trajectories, (10.0, 5.2))), "loss": (loss, (6.4, 4.0)),
    "ulps": (ulps, (10.0, 4.2)), "schedules": (schedules, (9.0, 5.4)), "depth": (depth, (10.0, 4.6)),
    "grid": (grid, (11.0, 4.6))}
ANIMATED = ("valley", "saddle", "rosenbrock")


def drawn(record: Record, file: str | BinaryIO, form: str) -> None:
    """Draw a record into a file of a form. Raises ValueError for one that is not known or is spoilt."""
    name = record.get("picture")
    if name not in DRAWN:
        raise ValueError(f"no picture is named {words.shown(name)}; the pictures are {', '.join(DRAWN)}")
    picture, size = DRAWN[name]
    with rc_context(STEADY):
        figure = Figure(figsize=size, layout="constrained")
        try:
            picture(figure, record)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(f"the record of the picture {name} is spoilt ({type(error).__name__}: {error})") from None
        metadata = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
        figure.savefig(file, format=form, dpi=130, metadata=metadata)


def finite(values: list[Any]) -> list[float]:
    """Numbers of a record: nan and the infinities stand there as words."""
    return [float(value) if math.isfinite(float(value)) else math.nan for value in values]
