"""The history of all benchmarks on one page that needs no network, no server and no script.

    python -m fiducial.benchmarks.pages SOURCE... --out index.html

A source is a store (JSONL), a result of asv or pytest-benchmark, or a folder of them such as `.asv/results`. asv's own
pages (`asv publish`) show the same results, but load ten scripts from the network before they show anything.
"""

from __future__ import annotations

import argparse
import html
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from fiducial.benchmarks import formats, store
from fiducial.benchmarks.history import Change, changes, series
from fiducial.benchmarks.store import Point

WIDTH, HEIGHT, MARGIN = 420, 90, 6
NOT_RESULTS = {"benchmarks.json", "machine.json"}
STYLE = """
:root { color-scheme: light dark; --line: #2563a8; --band: #2563a833; --mark: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --line: #7fb2ea; --band: #7fb2ea44; --mark: #ff8a80; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h2 { font-size: 1rem; overflow-wrap: anywhere; margin: 0; } p { margin: .2rem 0; }
main { display: grid; gap: 1.2rem; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); }
svg { width: 100%; height: auto; } polyline { fill: none; stroke: var(--line); stroke-width: 1.5; }
polygon { fill: var(--band); } circle { fill: var(--line); } .change { stroke: var(--mark); stroke-dasharray: 3 2; }
table { border-collapse: collapse; } td, th { padding: .15rem .8rem .15rem 0; text-align: left; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def gathered(sources: Iterable[str]) -> tuple[list[Point], list[str]]:
    """All points, and a sentence for each file that could not be read."""
    points, problems = [], []
    for source in sources:
        place = Path(source)
        files = sorted(place.rglob("*.json*")) if place.is_dir() else [place]
        for file in files:
            if file.name in NOT_RESULTS:
                continue
            try:
                points += store.points(store.read(file)[0]) if file.suffix == ".jsonl" else formats.read(file)
            except (OSError, ValueError, KeyError, TypeError) as error:
                problems.append(f"{file} could not be read: {error}")
    return points, problems


def shown(value: float, unit: str) -> str:
    """A value with its unit, of a size that can be read."""
    scales = {"seconds": (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)),
              "bytes": (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10), ("B", 1.0))}.get(unit, ((unit, 0.0),))
    word, scale = next((each for each in scales if abs(value) >= each[1]), scales[-1])
    return f"{value / (scale or 1.0):.3g} {word}"


def picture(points: Sequence[Point], found: Sequence[Change]) -> str:
    """Medians over commits as a line, the range of processes as a band, changes as broken verticals."""
    low, high = min(point.low for point in points), max(point.high for point in points)
    span, steps = (high - low) or 1.0, max(1, len(points) - 1)

    def place(k: float, value: float) -> str:
        x = MARGIN + k / steps * (WIDTH - 2 * MARGIN)
        return f"{x:.1f},{HEIGHT - MARGIN - (value - low) / span * (HEIGHT - 2 * MARGIN):.1f}"

    lows = [place(k, point.low) for k, point in enumerate(points)]
    highs = [place(k, point.high) for k, point in enumerate(points)]
    verticals = "".join(
        f'<line class="change" x1="{x}" x2="{x}" y1="0" y2="{HEIGHT}"/>'
        for x in (place(change.place - 0.5, low).partition(",")[0] for change in found))
    dots = "".join(
        '<circle cx="{}" cy="{}" r="2.2"><title>{}</title></circle>'.format(
            *place(k, point.value).split(","), html.escape(f"{point.commit[:10]} {shown(point.value, point.unit)}"))
        for k, point in enumerate(points))
    middle = " ".join(place(k, point.value) for k, point in enumerate(points))
    return (f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{len(points)} commits">'
            f'<polygon points="{" ".join([*lows, *reversed(highs)])}"/><polyline points="{middle}"/>{verticals}{dots}'
            "</svg>")


def section(name: str, points: Sequence[Point], found: Sequence[Change]) -> str:
    """One benchmark."""
    last = points[-1]
    when = datetime.fromtimestamp(last.time, UTC).strftime("%Y-%m-%d")
    return (f"<section><h2>{html.escape(name)}</h2><p>{html.escape(shown(last.value, last.unit))} at "
            f"{html.escape(last.commit[:10] or 'no commit')}, {when}</p>{picture(points, found)}</section>")


def page(points: Sequence[Point]) -> str:
    """The whole page: what changed, then every benchmark."""
    rows, sections = [], []
    for (name, _), known in sorted(series(points).items()):
        found = changes([point.value for point in known])
        rows += [f"<tr><td>{html.escape(name)}</td><td>{html.escape(known[change.place].commit[:10])}</td>"
                 f"<td>{change.ratio:.3f}</td></tr>" for change in found]
        sections.append(section(name, known, found))
    table = ("<table><tr><th>benchmark</th><th>first commit after</th><th>ratio</th></tr>" + "".join(rows) + "</table>"
             if rows else "<p>No benchmark changed.</p>")
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Benchmarks</title>'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            '<meta name="viewport" content="width=device-width">'
            f"<style>{STYLE}</style></head><body><h1>Benchmarks over commits</h1>"
            f"<h2>Changes</h2>{table}<main>{''.join(sections)}</main></body></html>\n")


def main(arguments: list[str] | None = None) -> int:
    """Write the page; 0, or 3 where a source could not be read."""
    parser = argparse.ArgumentParser(description="The history of all benchmarks on one page.")
    parser.add_argument("sources", nargs="+", metavar="SOURCE")
    parser.add_argument("--out", type=Path, default=Path("index.html"))
    given = parser.parse_args(arguments)
    points, problems = gathered(given.sources)
    for problem in problems:
        print(problem, file=sys.stderr)
    given.out.write_text(page(points), encoding="utf-8")
    print(f"{given.out}: {len(series(points))} benchmarks")
    return 3 if problems or not points else 0


if __name__ == "__main__":
    sys.exit(main())
