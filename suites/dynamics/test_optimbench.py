"""The grid of small landscapes: complete, consistent with itself, and the same for any number of jobs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from fiducial.suites.demonstrations.optimbench import (
    CURLS,
    MOTIONS,
    NOISES,
    OPTIMIZERS,
    RATES,
    SCALES,
    SHAPES,
    START,
    Cell,
    chosen,
    examined,
    grid,
    losses,
    main,
    record,
)


def test_the_grid_is_the_product_of_its_axes() -> None:
    cells = grid()
    assert len(cells) == len(set(cells)) == len(SHAPES) * len(SCALES) * len(NOISES) * len(CURLS) * len(MOTIONS)


@pytest.mark.parametrize("name", SHAPES)
def test_a_slope_is_the_derivative_of_its_shape(name: str) -> None:
    """h = 2^-17, kinks left out: h²/6 |f'''| ≤ 1e-10 for |f'''| ≤ 10, and 4 u max |f| / h ≤ 1e-9 for rounding."""
    shape, h, at = SHAPES[name], 2.0**-17, np.random.default_rng(0).uniform(-2, 2, 200)
    at = at[[all(abs(abs(x) - kink) > 2 * h for kink in (0.0, 1.0, 1.1)) for x in at]]
    numeric = (shape.value(at + h) - shape.value(at - h)) / (2 * h)
    assert at.size > 150
    assert np.abs(numeric - shape.slope(at)).max() <= 1.1e-9
    assert shape.value(np.zeros(1))[0] == 0
    assert (shape.value(at) >= 0).all()


@pytest.mark.parametrize("noise", NOISES)
def test_noise_is_the_same_for_every_rate_and_differs_between_repeats(noise: str) -> None:
    cell = Cell("bowl", 1.0, noise, 0.0, "still")
    x = np.broadcast_to(START, (3, 50, 2))
    g = cell.gradient(x, 0, np.random.default_rng(1))
    assert (g == g[:1]).all()
    assert (noise == "none") == bool((g == g[:, :1]).all())


def test_curl_turns_the_gradient_and_keeps_its_length() -> None:
    x = np.broadcast_to(START, (1, 1, 2))
    plain, turned = (Cell("bowl", 1.0, "none", curl, "still").gradient(x, 0, np.random.default_rng(0))[0, 0]
                     for curl in (0.0, 60.0))
    assert plain @ turned == pytest.approx(0.5 * plain @ plain, rel=8 * 2.0**-53)
    assert turned @ turned == pytest.approx(plain @ plain, rel=8 * 2.0**-53)


def test_plain_descent_solves_the_bowl_in_one_step_at_the_rate_one() -> None:
    found = losses(Cell("bowl", 1.0, "none", 0.0, "still"), "sgd", seed=0)
    assert found[RATES == 1.0] == 0
    assert found[-1] > 1e6  # at 3.2 and 10 it diverges


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_walk_ends_in_nan(name: str) -> None:
    for cell in (Cell("exponential", 1e3, "outliers", 60.0, "jump"), Cell("quartic", 1e3, "additive", 0.0, "drift")):
        found = losses(cell, name, seed=0)
        assert not np.isnan(found).any()
        assert np.isfinite(found).any()


def test_the_best_plain_rate_is_the_unit() -> None:
    row = examined(Cell("bowl", 1.0, "additive", 0.0, "still"), seed=0)
    assert row["optimizers"]["sgd"]["score"] == 1
    assert all(each["score"] <= row["start"] / (row["start"] - row["optimizers"]["sgd"]["loss"])
               for each in row["optimizers"].values())


@pytest.mark.slow
def test_a_part_of_the_grid_is_the_same_for_any_number_of_jobs(tmp_path: Path) -> None:
    cells, quiet = chosen(["bowl"], ["none", "additive"]), Console(quiet=True)
    one, two = (record(cells, seed=3, jobs=jobs, console=quiet) for jobs in (1, 2))
    assert one == two
    assert one["summary"]["sgd"]["no worse"] == 1
    path = tmp_path / "part.json"
    assert main(["--json", str(path), "--jobs", "2", "--seed", "3", "--shape", "bowl", "--noise", "none",
                 "--noise", "additive"]) == 0
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(one))
