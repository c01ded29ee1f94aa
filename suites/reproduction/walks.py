"""Scripts for walks on landscapes: the landscape as a function, the walk, and where it has to end."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from fiducial.checks.contract import Laboratory, grid
from fiducial.checks.contract.behaviour import ALPHA
from fiducial.checks.contract.walks import BEALE, BOWL, ROSENBROCK, best_rate, defined, least_squares, walked
from fiducial.checks.evidence import Gap
from fiducial.checks.plans import Options
from fiducial.checks.statistics import tails
from fiducial.suites.reproduction.program import Unwritable, call, indented, literal
from fiducial.suites.reproduction.runs import Spelling

TOLD = {
    "quadratic": ["h = 1.0 + np.arange(4)", "told = lambda x, k: (h @ x**2 / 2, h * x)"],
    "Rosenbrock": ["def told(x, k):", "    bend = x[1] - x[0] ** 2", "    return ((1 - x[0]) ** 2 + 100 * bend**2,",
                   "            np.array([-2 * (1 - x[0]) - 400 * x[0] * bend, 200 * bend]))"],
    "Beale": ["def told(x, k):", "    n = np.arange(1, 4)",
              "    missed = np.array([1.5, 2.25, 2.625]) - x[0] + x[0] * x[1] ** n",
              "    along = [missed @ (x[1] ** n - 1), missed @ (x[0] * n * x[1] ** (n - 1))]",
              "    return missed @ missed, 2 * np.array(along)"]}
SLOPES = {"bowl": "x", "absolute": "np.sign(x)", "linear tails": "x / np.sqrt(1 + x**2)", "quartic": "x**3",
          "gauss": "x * np.exp(-(x**2) / 2)"}
FAR = ["print(f'expected {expected!r} within {allowed:.3g}, got {actual!r}')",
       "sys.exit(not abs(actual - expected) <= allowed)"]
Written = Callable[[Laboratory, Any, Gap], list[str]]


def walking(lab: Laboratory, start: Any, options: Options, steps: int, within: float | None = None) -> list[str]:
    """The walk: `places` are NumPy arrays, the start first."""
    spelling = Spelling(lab.subject, lab.defaults)
    if lab.handling.format is not None or spelling.rows:
        raise Unwritable("a walk in another format, or along rows, takes more lines")
    step = "optimizer.step(closure)" if spelling.objective or spelling.closure else "closure(); optimizer.step()"
    numbers = literal([start.tolist()] if spelling.matrices else start.tolist())
    if start.size > 4 and (start == start[0]).all():
        numbers = f"[{literal(start[0])}] * {start.size}" if not spelling.matrices else f"[{numbers}]"
    return [f"p = torch.nn.Parameter(torch.tensor({numbers}, dtype=torch.float64))",
            f"optimizer = {call('Subject', '[p]', spelling.constructor(options))}",
            "place = lambda: p.detach().numpy().ravel().copy()", "def closure():",
            "    value, slope = told(place(), k)", "    p.grad = torch.tensor(slope).view_as(p)",
            "    return torch.tensor(float(value), dtype=torch.float64, requires_grad=True) * 1.0",
            "places = [place()]", f"for k in range({steps}):", *indented([
                step, *([f"with torch.no_grad(): p.clamp_(-{within}, {within})"] if within else []),
                "places.append(place())"])]


def _ended(actual: str, expected: float, allowed: float) -> list[str]:
    return [f"actual, expected, allowed = {actual}, {literal(float(expected))}, {literal(float(allowed))}", *FAR]


def _at_most(actual: str, allowed: float) -> list[str]:
    return [f"actual, allowed = {actual}, {literal(float(allowed))}",
            "print(f'at most {allowed:.3g} is allowed, got {actual!r}')", "sys.exit(not actual <= allowed)"]


def _numbered(gap: Gap, word: str) -> int:
    """The number behind a word in the place of a gap."""
    found = re.search(rf"{word} (\d+)", gap.where)
    if found is None:
        raise Unwritable("the place of the gap is not known")
    return int(found[1])


def falls(lab: Laboratory, sown: Any, gap: Gap) -> list[str]:
    """Least squares, down, or up under maximize."""
    rate, uphill = best_rate(lab, least_squares(sown.seed), 20), "uphill" in gap.where
    options = {"lr": rate, **({"maximize": True} if uphill else {})}
    return [f"rng = np.random.default_rng({sown.seed})", "a, b = rng.normal(size=(8, 3)), rng.normal(size=8)",
            "told = lambda x, k: ((a @ x - b) @ (a @ x - b) / 16, a.T @ (a @ x - b) / 8)",
            *walking(lab, np.zeros(3), options, 20), "first, last = (told(places[i], 0)[0] for i in (0, -1))",
            *_at_most("first - last" if uphill else "last - first", gap.allowed)]


def reaches(lab: Laboratory, _: Any, gap: Gap) -> list[str]:
    """As near to the minimum as the definition's worst walk."""
    land = next(land for land in (BOWL, ROSENBROCK, BEALE) if f" {land.name} " in gap.where)
    steps = _numbered(gap, "after")
    options = {"lr": best_rate(lab, land, steps)}
    return [*TOLD[land.name], *walking(lab, land.start, options, steps),
            *_at_most("told(places[-1], 0)[0]", gap.allowed)]


def _rolled(lab: Laboratory, gap: Gap, lr: float, beta: float, owed: Any) -> list[str]:
    """Descent on the quadratic, and where theory ends."""
    axis = _numbered(gap, "axis")
    options = {"lr": lr, **({"momentum": beta} if lab.has("momentum") else {})}
    return [*TOLD["quadratic"], *walking(lab, BOWL.start, options, 100),
            *_ended(f"places[-1][{axis}]", owed[axis], gap.allowed)]


def contracts(lab: Laboratory, _: Any, gap: Gap) -> list[str]:
    """(1 - ηh)^T θ_0."""
    return _rolled(lab, gap, 0.3, 0.0, (1 - 0.3 * (1.0 + np.arange(4))) ** 100 * BOWL.start)


def swings(lab: Laboratory, _: Any, gap: Gap) -> list[str]:
    """β^(T/2) (θ_0 cos ωT + c sin ωT)."""
    lr, beta, h = 0.1, 0.8, 1.0 + np.arange(4)
    omega = np.arccos((1 + beta - lr * h) / 2 / math.sqrt(beta))
    swing = ((1 - lr * h) / math.sqrt(beta) - np.cos(omega)) / np.sin(omega)
    return _rolled(lab, gap, lr, beta, beta**50 * BOWL.start * (np.cos(omega * 100) + swing * np.sin(omega * 100)))


def floor(lab: Laboratory, sown: Any, gap: Gap) -> list[str]:
    """The variance of 4000 noisy walks, between the quantiles of χ²."""
    variance = 0.3 * 2.25 / (2 * (2 - 0.6))
    low, high = (float(q) / 4000 * variance for q in tails.chi_square(ALPHA, 4000))
    options = {"lr": 0.3, **({"momentum": 0.0} if lab.has("momentum") else {})}
    return [f"noise = 1.5 * np.random.default_rng([{sown.seed}, 72]).standard_normal((60, 4000))",
            "told = lambda x, k: (0.0, 2.0 * x + noise[k])", *walking(lab, np.zeros(4000), options, 60),
            "actual = float((places[-1] ** 2).mean())", f"low, high = {literal(low)}, {literal(high)}",
            "print(f'expected a variance in [{low:.4g}, {high:.4g}], got {actual:.4g}')",
            "sys.exit(not low <= actual <= high)"]


def settles(lab: Laboratory, _: Any, gap: Gap) -> list[str]:
    """θ* + (1 - ηλ)^T (θ_0 - θ*)."""
    lr, decay, start, slope = 0.1, 0.5, np.array([1.0, -3.0, 0.25]), np.array([2.0, -0.5, 30.0])
    step = defined(lab, start, lambda x, k: (0.0, slope), {"lr": lr, "weight_decay": 0.0}, 1)[1] - start
    rest, axis = step / lr / decay, _numbered(gap, "axis")
    owed = rest + (1 - lr * decay) ** 200 * (start - rest)
    return [f"told = lambda x, k: (0.0, np.array({literal(slope)}))",
            *walking(lab, start, {"lr": lr, "weight_decay": decay}, 200),
            *_ended(f"places[-1][{axis}]", owed[axis], gap.allowed)]


def reddi(lab: Laboratory, _: Any, gap: Gap) -> list[str]:
    """Reddi's sequence, with and without the largest second moment."""
    largest = gap.where.startswith("AMSGrad")
    options = {"lr": 0.1, "beta1": 0.0, "beta2": 1 / 17, "amsgrad": largest}
    actual = "places[-1][0]" if largest else "max(1 - x[0] for x in places[::3])"
    return ["told = lambda x, k: (0.0, np.array([4.0 if k % 3 == 0 else -1.0]))",
            *walking(lab, np.ones(1), options, 300, 1.0), *_at_most(f"float({actual})", gap.allowed)]


def rises(lab: Laboratory, sown: Any, gap: Gap) -> list[str]:
    """The step in which a convex quadratic rose."""
    rng, step = np.random.default_rng([sown.seed, 74]), _numbered(gap, "step")
    turn, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    h = turn * np.array([1.0, *rng.uniform(0.05, 1.0, 4)]) @ turn.T
    options = {"lr": 1.9, **({"momentum": 0.0} if lab.has("momentum") else {})}
    return [f"h = np.array({literal(h)})", "told = lambda x, k: (x @ h @ x / 2, h @ x)",
            *walking(lab, rng.normal(size=5), options, step),
            "before, after = (told(x, 0)[0] for x in places[-2:])", *_at_most("float(after - before)", gap.allowed)]


def passes(lab: Laboratory, sown: Any, gap: Gap) -> list[str]:
    """The cell of the grid that the definition lowers the most, and the subject does not lower."""
    rate, place = _lost(lab, sown.seed)
    shape, scale, noise = grid.CELLS[place // grid.REPEATS]
    told = grid._told(sown.seed)
    at = 0.0 if noise == "additive" else 2.0
    drawn = [float(told(np.full(len(grid.CELLS) * grid.REPEATS, at), k)[1][place]) for k in range(grid.STEPS)]
    slope = f"{scale} * {SLOPES[shape]}"
    if noise == "additive":
        slope = f"{slope} + noise[k]"
    if noise == "mask-out":
        drawn, slope = [float(d != 0) for d in drawn], f"{slope} * noise[k]"
    first = f"noise = {literal(drawn)}" if noise != "none" else f"# the {shape} without noise"
    return [first, f"told = lambda x, k: (0.0, {slope})", *walking(lab, np.full(1, 2.0), {"lr": rate}, grid.STEPS),
            "print(f'from {places[0][0]!r} to {places[-1][0]!r}; the definition ends nearer to 0')",
            "sys.exit(not abs(places[-1][0]) < abs(places[0][0]))"]


def _lost(lab: Laboratory, seed: int) -> tuple[float, int]:
    """The rate and the place of that cell."""
    start, told, best = np.full(len(grid.CELLS) * grid.REPEATS, 2.0), grid._told(seed), (0.0, 0.0, -1)
    for rate in grid.RATES:
        with np.errstate(all="ignore"):
            owed = np.abs(defined(lab, start, told, {"lr": rate}, grid.STEPS)[-1])
            found = np.abs(walked(lab, start, told, {"lr": rate}, grid.STEPS)[-1])
        drops = np.where(~(found < 2.0) & (owed < 2.0), 2.0 - owed, 0.0)
        best = max(best, (float(drops.max()), rate, int(drops.argmax())))
    if best[2] < 0 or best[0] <= 0:
        raise Unwritable("no single cell shows it")
    return best[1], best[2]


WRITTEN: dict[str, Written] = {
    "behaviour.falls-on-least-squares": falls,
    "behaviour.reaches-the-optimum": reaches,
    "behaviour.descent-contracts-at-its-rate": contracts,
    "behaviour.momentum-contracts-at-its-rate": swings,
    "behaviour.noise-floor-of-descent": floor,
    "behaviour.decay-meets-its-equilibrium": settles,
    "behaviour.reddi-is-met-as-declared": reddi,
    "behaviour.never-rises-within-the-bound": rises,
    "behaviour.passes-the-grid-as-declared": passes,
}
