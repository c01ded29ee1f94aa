"""The whole Jacobian: every entry with its own error, many columns in one batch.

`jacobian` asks f alone. `judge_entries` compares it with a claim, and where the claim is sparse it moves several
columns at once that the claim says share no output (Curtis, Powell and Reid, On the estimation of sparse Jacobian
matrices, 1974): softmax over 64 rows of 64 takes 64 columns instead of 4096. The claim is not trusted in this: columns
are weighed by random numbers ± [1/2, 1], so that an entry outside its pattern is seen for certain when it is alone in
its group and row, and otherwise but with probability 2 bar / |entry|; the random directions that always run bound what
is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from fiducial.checks.evidence import Gap
from fiducial.checks.gradients.differences import (
    FIRST,
    NODES,
    STEPS,
    TREMOR,
    Estimate,
    along,
    level,
    noise_level,
    slope,
)
from fiducial.checks.gradients.directions import ROUNDINGS, TAIL, tremor
from fiducial.checks.gradients.subject import UNIT, Differentiable, Matrix, Vector, numpy_subject

BATCH = 2**18  # numbers in one batch: about the size of a core's cache
SPARSE = 0.25  # a claim with fewer non-zeros than this is compressed
PILOTS = 4
ROUGH = 64  # a direction whose truncation is so many times its rounding is worth a step of its own


class Columns(NamedTuple):
    """Derivatives along directions: one row for each direction, with errors."""

    value: Matrix
    error: Matrix


class Entry(NamedTuple):
    """One entry that differs by more than its bar."""

    output: int
    input: int
    analytic: float
    numeric: float
    error: float


class Judged(NamedTuple):
    """The worst entry by ratio (measured, allowed), the widest bar, the entries that differ, the columns moved.

    Lengths are in units of the inputs' natural steps.
    """

    measured: float
    allowed: float
    bar: float
    wrong: list[Entry]
    columns: int


def columns(subject: Differentiable, directions: Matrix | sparse.csr_array) -> Iterator[tuple[slice, Columns]]:
    """Derivatives along each row of `directions`, batch by batch.

    A few pilots choose the one step whose errors are smallest; a direction whose truncation far exceeds its rounding
    there, or which does not converge, is done again with a step of its own.
    """
    count, m = directions.shape[0], subject.outputs.size
    pilots = _dense(directions[np.linspace(0, count - 1, min(PILOTS, count)).astype(int)])
    h, noise = _pilot(subject, pilots)
    size = max(1, BATCH // (8 * max(subject.x.size, m)))
    for start in range(0, count, size):
        part = slice(start, min(start + size, count))
        batch = _dense(directions[part])
        samples, magnitudes = along(subject, batch)(h * NODES)
        with np.errstate(all="ignore"):
            reach = _reach(subject.x, batch)
            found = level(samples, h, np.fmax(noise, UNIT * magnitudes.max(axis=0)), reach)
            value, error = found.value, found.error
            rough = np.flatnonzero(~(found.truncation <= ROUGH * found.rounding).all(axis=1))
        for i in rough:
            again = slope(along(subject, batch[i:i + 1]), reach=reach[i], known=noise)
            value[i], error[i] = again.value[0], again.error[0]
        yield part, Columns(value, error)


def _pilot(subject: Differentiable, pilots: Matrix) -> tuple[float, Vector]:
    """The step whose largest relative error over a few directions is smallest, and the noise of each output."""
    curve = along(subject, pilots)
    with np.errstate(all="ignore"):
        noise = _noise(subject)
        worst: list[float] = []
        for count, h in enumerate(STEPS):
            at, _ = curve(h * NODES)
            found = level(at, h, noise)
            worst.append(float(np.max(found.error, initial=0.0)))
            if count >= FIRST - 1 and worst[-1] >= min(worst[:-1]):
                break
    return STEPS[int(np.argmin(worst))], noise


def _noise(subject: Differentiable) -> Vector:
    """The noise of each output, the largest along two directions in which every input moves.

    Noise belongs to an output, not to a direction: a single input may move none of the terms that are rounded.
    """
    size = subject.x.size
    everywhere = np.random.default_rng(size).standard_normal((2, size)) * subject.scale / np.sqrt(size)
    curve = along(subject, everywhere)
    return np.asarray(noise_level(curve, *curve(TREMOR)).max(axis=0))


def _reach(x: Vector, directions: Matrix) -> Matrix:
    """The largest |x| / |v| of the inputs that each direction moves: (directions × 1)."""
    ratio = np.divide(np.abs(x), np.abs(directions), out=np.zeros(directions.shape), where=directions != 0)
    return np.asarray(ratio.max(axis=1, keepdims=True, initial=0.0))


def _dense(rows: Any) -> Matrix:
    return np.asarray(rows.toarray() if sparse.issparse(rows) else rows, dtype=np.float64)


def jacobian(f: Callable[..., ArrayLike], x: ArrayLike) -> Estimate:
    """The Jacobian of a NumPy function of one real array, and its errors; both of shape f(x).shape + x.shape.

    Raises ValueError where f cannot be evaluated at x, or is complex.
    """
    subject = numpy_subject(f, [np.asarray(x, dtype=np.float64)])
    if subject.outputs.is_complex[0]:
        raise ValueError("f must return real numbers, got complex ones; pass its real and imaginary parts one by one")
    value, error = numeric_jacobian(subject)
    shape = subject.outputs.shapes[0] + subject.inputs.shapes[0]
    return Estimate(value.reshape(shape), error.reshape(shape))


def numeric_jacobian(subject: Differentiable) -> Estimate:
    """Every entry from values of f alone: (outputs × inputs), in units of the inputs."""
    scale = subject.scale
    parts = list(columns(subject, sparse.diags_array(scale, format="csr")))
    value = np.concatenate([c.value for _, c in parts]) / scale[:, None]
    error = np.concatenate([c.error for _, c in parts]) / scale[:, None]
    return Estimate(np.ascontiguousarray(value.T), np.ascontiguousarray(error.T))


def claimed_jacobian(subject: Differentiable) -> Any:
    """Jᵀ as claimed, one row of J for each pull: a SciPy sparse array where most entries are zero, else dense."""
    m, n = subject.outputs.size, subject.x.size
    size = max(1, BATCH // max(m, n))
    rows, compress = [], True
    for start in range(0, m, size):
        count = min(size, m - start)
        cotangents = np.zeros((count, m))
        cotangents[np.arange(count), start + np.arange(count)] = 1.0
        block: Any = subject.pull(subject.x, cotangents)
        compress = compress and np.count_nonzero(block) <= SPARSE * block.size
        rows.append(sparse.csr_array(block) if compress else block)
    if compress:
        return sparse.vstack(rows, format="csr")
    return np.concatenate([_dense(block) for block in rows])


def groups(claimed: sparse.csr_array) -> NDArray[np.intp]:
    """A number for each column such that columns of one number share no row: greedy, in order."""
    by_column = claimed.tocsc()
    starts, rows = by_column.indptr, by_column.indices
    taken = np.zeros((claimed.shape[0], int(np.diff(claimed.indptr).max(initial=0)) + 1), dtype=bool)
    numbers = np.zeros(claimed.shape[1], dtype=np.intp)
    for column in range(claimed.shape[1]):
        mine = rows[starts[column]:starts[column + 1]]
        used = taken[mine].any(axis=0)
        number = int(np.argmin(used))
        if used[number]:
            number = taken.shape[1]
            taken = np.concatenate([taken, np.zeros_like(taken)], axis=1)
        taken[mine, number] = True
        numbers[column] = number
    return numbers


def seeds(claimed: Any, scale: Vector, seed: int) -> sparse.csr_array:
    """The directions to move along: single columns of a dense claim, weighed groups of a sparse one."""
    if not sparse.issparse(claimed):
        return sparse.diags_array(scale, format="csr")
    rng = np.random.default_rng([seed, 0x7365])
    weights = rng.uniform(0.5, 1.0, scale.size) * rng.choice([-1.0, 1.0], scale.size) * scale
    numbers = groups(claimed)
    shape = (int(numbers.max(initial=0)) + 1, scale.size)
    return sparse.csr_array((weights, (numbers, np.arange(scale.size))), shape=shape)


def judge_entries(subject: Differentiable, *, seed: int, keep: int = 8) -> Judged:
    """Compare every entry that the claim names with differences, and what it leaves out with zero.

    Allowed  the error of the difference and 6.11 × 8 roundings of the claimed entry; an entry that exceeds this is
             judged again with the measured tremor of its row of the claim.
    """
    claimed = claimed_jacobian(subject)
    directions = seeds(claimed, subject.scale, seed)
    transposed = claimed.T.tocsr() if sparse.issparse(claimed) else np.ascontiguousarray(claimed.T)
    worst, bar = (0.0, 0.0), 0.0
    wrong: list[Entry] = []
    for part, found in columns(subject, directions):
        chosen = directions[part]
        expected = _dense(chosen @ transposed)
        own = TAIL * ROUNDINGS * subject.roundoff * np.abs(expected)
        gap, allowed = np.abs(expected - found.value), own + found.error
        bar = max(bar, float(np.max(allowed, initial=0.0)))
        judged = np.isfinite(found.error) & (gap != 0)
        ratio = np.divide(gap, allowed, out=np.zeros_like(gap), where=judged)
        ratio[np.isnan(ratio)] = np.inf
        settled = np.where(ratio <= 1, ratio, 0.0)
        place = np.unravel_index(int(np.argmax(settled)), ratio.shape)
        worst = _larger(worst, (float(gap[place]), float(allowed[place])) if settled[place] > 0 else (0.0, 0.0))
        for row, output in np.argwhere(~(ratio <= 1)):
            if len(wrong) >= keep:
                break
            entries, again = _entries(subject, claimed, _dense(chosen[[row]])[0], int(output))
            wrong, worst = wrong + entries, _larger(worst, again)
    return Judged(*worst, bar, wrong, directions.shape[0])


def _larger(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """Of two pairs (measured, allowed) the one with the larger ratio; nan counts as largest."""
    return max(a, b, key=lambda pair: Gap(*pair).ratio)


def _entries(subject: Differentiable, claimed: Any, direction: Vector,
             output: int) -> tuple[list[Entry], tuple[float, float]]:
    """The single entries of one output behind a group's gap, each with an error of its own: the wrong ones, the worst.
    """
    places = np.flatnonzero(direction)
    u = np.zeros((1, subject.outputs.size))
    u[0, output] = 1.0
    g = subject.pull(subject.x, u)
    own = TAIL * (ROUNDINGS * subject.roundoff * np.abs(g) + tremor(subject, u, g))[0]
    moved = np.zeros((places.size, direction.size))
    moved[np.arange(places.size), places] = subject.scale[places]
    wrong: list[Entry] = []
    worst = 0.0, 0.0
    for part, found in columns(subject, sparse.csr_array(moved)):
        for place, value, error in zip(places[part], found.value[:, output], found.error[:, output], strict=True):
            analytic, numeric = float(g[0, place]), float(value / subject.scale[place])
            bar = float(own[place] + error / subject.scale[place])
            worst = _larger(worst, (abs(analytic - numeric), bar))
            if not abs(analytic - numeric) <= bar:
                wrong.append(Entry(output, int(place), analytic, numeric, bar))
    return wrong, worst
