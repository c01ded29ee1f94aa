"""Walks step by step: as a GIF, and as an SVG that moves in any browser without a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from math import hypot
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from contourpy import LineType, contour_generator
from matplotlib import rc_context
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.figure import Figure

from fiducial.reports import drawings, words

Record = dict[str, Any]
FRAMES = 60  # at most
SECONDS = 6.0
WIDTH, HEIGHT, LINE = 720.0, 460.0, 22.0  # of the SVG, and of a line of its legend
Point = tuple[float, float]


def gif(record: Record, file: str) -> None:
    """A frame for every few steps."""
    longest = max(len(walk["path"]) for walk in record["walks"])
    stops = [round(index * (longest - 1) / min(FRAMES - 1, longest - 1)) for index in range(min(FRAMES, longest))]
    with rc_context(drawings.STEADY):
        figure = Figure(figsize=(7.2, 5.4), layout="constrained")
        axes = figure.subplots()
        drawings.landscape(axes, record)
        lines = [axes.plot([], [], linewidth=1.8, marker="o", markevery=[-1], label=words.shown(walk["name"], 60),
                           **drawings.stroke(index))[0] for index, walk in enumerate(record["walks"])]
        figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize="small")

        def show(stop: int) -> list[Any]:
            for line, walk in zip(lines, record["walks"], strict=True):
                line.set_data(*zip(*walk["path"][:stop + 1], strict=True))
            return lines

        FuncAnimation(figure, show, frames=stops).save(file, writer=PillowWriter(fps=round(FRAMES / SECONDS)), dpi=90)


def svg(record: Record, file: str) -> None:
    """Contours, and on them lines that grow by one step after another, all walks at one pace."""
    longest = max(len(walk["path"]) for walk in record["walks"])
    rows = [*_contours(record), *(_walk(record, index, longest) for index in range(len(record["walks"])))]
    height = HEIGHT + LINE * len(record["walks"]) + 10
    text = "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" role="img">',
                      f"<title>Optimizers on the {escape(record['landscape'])}, step by step</title>",
                      f'<rect width="{WIDTH:g}" height="{height:g}" fill="#fff"/>', *rows, "</svg>", ""])
    Path(file).write_text(text, encoding="utf-8")


def _placed(record: Record, point: Sequence[float]) -> Point:
    """A point of the plane in the drawing; up is up."""
    (left, *_, right), (low, *_, high) = record["axes"]
    return (round(WIDTH * (point[0] - left) / (right - left), 2),
            round(HEIGHT * (high - point[1]) / (high - low), 2))


def _line(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def _contours(record: Record) -> Iterator[str]:
    x, y = record["axes"]
    contours = contour_generator(x=x, y=y, z=record["heights"], line_type=LineType.Separate)
    for level in drawings.levels(record["heights"]):
        for line in contours.lines(level):
            route = _line([_placed(record, (float(a), float(b))) for a, b in np.asarray(line)])
            yield f'<path d="{route}" fill="none" stroke="#c3cad2"/>'


def _walk(record: Record, index: int, longest: int) -> str:
    """One walk: a line that grows, a dot at its end, and a name below."""
    walk, colour = record["walks"][index], drawings.COLOURS[index % len(drawings.COLOURS)]
    points = [_placed(record, point) for point in walk["path"]]
    gone = list(accumulate((hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)), initial=0.0))
    whole = gone[-1] or 1.0
    times = ";".join(f"{step / (longest + 9):.4g}" for step in range(len(points))) + ";1"  # a pause at the end
    clock = f'dur="{SECONDS:g}s" repeatCount="indefinite" calcMode="linear" keyTimes="{times}"'
    left = ";".join(f"{whole - each:.2f}" for each in [*gone, whole])
    along = ";".join(f"{each / whole:.4f}" for each in [*gone, whole])
    y = HEIGHT + LINE * (index + 1)
    route = _line(points)
    return (f'<path d="{route}" fill="none" stroke="{colour}" stroke-width="2.2" stroke-dasharray="{whole:.2f}">'
            f'<animate attributeName="stroke-dashoffset" values="{left}" {clock}/></path>\n'
            f'<circle r="5" fill="{colour}"><animateMotion path="{route}" keyPoints="{along}" {clock}/></circle>\n'
            f'<circle cx="16" cy="{y - 5:g}" r="5" fill="{colour}"/><text x="30" y="{y:g}" '
            f'font-family="sans-serif" font-size="14">{escape(words.shown(walk["name"], 60))}, rate {walk["rate"]:.3g}'
            "</text>")
