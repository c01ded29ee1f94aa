"""asv's benchmarks: asv finds them, each can be called, and no definition is left out unnoticed."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fiducial.benchmarks.tracked import maps, optimizers

pytest.importorskip("asv_runner", reason="asv is not installed: pip install asv")
from asv_runner._aux import update_sys_path
from asv_runner.discovery import disc_benchmarks

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "tracked"
NO_MAPS = {"normalization.running_statistics"}  # a recurrence: it has a step, no forward
HEAVY = ("certify.", "checks.", "head_to_head.", "optimizers.PeakMemory", "optimizers.Growth")  # processes, or torch


@pytest.fixture(scope="module")
def found() -> list[Any]:
    """What asv discovers, as asv imports it: the folder alone, under its own name."""
    update_sys_path(str(FOLDER))
    return list(disc_benchmarks(str(FOLDER)))


def test_asv_finds_every_file(found: list[Any]) -> None:
    files = {path.stem for path in FOLDER.glob("[a-z]*.py")}
    assert {benchmark.name.partition(".")[0] for benchmark in found} == files
    assert {benchmark.type for benchmark in found} == {"time", "track", "peakmemory"}


def called_once(benchmark: Any) -> Iterator[object]:
    """The benchmark's function, once for each parameter, as asv's runner calls it."""
    for k in range(len(list(itertools.product(*benchmark._params)))):
        if benchmark._params:
            benchmark.set_param_idx(k)
        if not benchmark.do_setup():
            yield benchmark.func(*benchmark._build_params())


def test_the_light_ones_can_be_called(found: list[Any]) -> None:
    light = [benchmark for benchmark in found if not benchmark.name.startswith(HEAVY)]
    assert sum(1 for benchmark in light for _ in called_once(benchmark)) > 200


@pytest.mark.slow
def test_the_heavy_ones_can_be_called(found: list[Any]) -> None:
    heavy = [benchmark for benchmark in found if benchmark.name.startswith(HEAVY)]
    values = {(b.name, value) for b in heavy for value in called_once(b)}
    assert all(value is None or (isinstance(value, float) and value > 0) for _, value in values)
    exponents = [value for name, value in values if name == "optimizers.Growth.track_exponent"]
    assert len(exponents) == len(optimizers.Growth.params)


def modules(room: str) -> set[str]:
    """The public modules of a room of definitions."""
    home = importlib.import_module(f"fiducial.reference.{room}").__path__
    return {m.name for m in pkgutil.iter_modules(home) if not m.name.startswith("_")}


def test_no_definition_is_left_out() -> None:
    assert modules("optimizers") - set(optimizers.Step.params[0]) == optimizers.WRAPPERS
    everything = {f"{room}.{name}" for room in maps.ROOMS for name in modules(room)}
    assert everything - set(maps.Forward.params) == NO_MAPS


def test_the_configuration_pins_what_decides_a_number() -> None:
    settings = json.loads((ROOT / "asv.conf.json").read_text(encoding="utf-8"))
    needed = settings["matrix"]["req"]
    assert all(versions == [versions[0]] for versions in needed.values()), "several versions multiply the environments"
    assert needed["torch"] == ["2.13.0"]
    assert (ROOT / settings["benchmark_dir"]).samefile(FOLDER)


@pytest.mark.slow
def test_asv_itself_runs_one(tmp_path: Path) -> None:
    """`asv run` in this interpreter, one sample, nothing kept; what asv notes of a machine goes to another home."""
    pytest.importorskip("asv")
    for words in (["machine", "--yes", "--machine=test"],
                  ["run", "--python=same", "--quick", "--dry-run", "--machine=test", "--bench", "maps.Rates"]):
        done = subprocess.run([sys.executable, "-m", "asv", *words], cwd=ROOT, capture_output=True, text=True,
                              check=False, env={**os.environ, "HOME": str(tmp_path)})
        assert done.returncode == 0, done.stdout + done.stderr
    assert "schedules.cosine" in done.stdout
