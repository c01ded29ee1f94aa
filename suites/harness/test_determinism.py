"""The same seed gives the same evidence, whatever the order of the checks, the process, and the modules loaded."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from fiducial.checks.contract import CHECKS, Check, Laboratory
from fiducial.checks.contract.streams import TRAJECTORIES
from fiducial.checks.evidence import recorded
from fiducial.suites import rules
from fiducial.suites.binding import bind

SEED = 5
FRESH = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
from fiducial.suites.harness import test_determinism as test
print(json.dumps(test.found(test.CHECKS)))
"""
CONSTANTS = "\n".join(f"NUMBER_{i} = {3 * i + 17}\nSHARE_{i} = {i}.4375\nWORD_{i} = 'word {i}'" for i in range(60))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def laboratory() -> Laboratory:
    """Adam in a laboratory of its own, with nothing in memory."""
    rule = rules.find("adam")
    assert rule is not None
    return bind(torch.optim.Adam, {}, rule)


def found(checks: Sequence[Check]) -> dict[str, str]:
    """The evidence of each check at level quick, but for seconds, by id."""
    torch.set_num_threads(1)
    lab = laboratory()
    return {check.id: check.examine(lab, seed=SEED, level="quick").model_dump_json(exclude={"seconds"})
            for check in checks}


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    """The evidence in this process, in the order of the contract."""
    return found(CHECKS)


def afresh(folder: Path, *modules: str) -> dict[str, str]:
    """The evidence in a fresh process that imports modules of the folder first, as a user's script would."""
    (folder / "script.py").write_text(FRESH)
    told = subprocess.run([sys.executable, "script.py", *modules], cwd=folder, capture_output=True, text=True,
                          check=True, env={**os.environ, "PYTHONPATH": "", "PYTHONHASHSEED": "random"})
    evidence: dict[str, str] = json.loads(told.stdout)
    return evidence


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_the_checks_does_not_matter(expected: dict[str, str], seed: int) -> None:
    shuffled = random.Random(seed).sample(CHECKS, len(CHECKS))
    assert found(shuffled) == expected


def test_a_check_alone_finds_what_it_finds_among_others(expected: dict[str, str]) -> None:
    """Each of one in every seven checks, in a laboratory of its own."""
    chosen = CHECKS[::7]
    assert [found([check]) for check in chosen] == [{check.id: expected[check.id]} for check in chosen]


def test_global_generators_do_not_matter(expected: dict[str, str]) -> None:
    torch.manual_seed(123)
    random.seed(456)
    assert found(CHECKS) == expected


def test_a_fresh_process_finds_the_same(expected: dict[str, str], tmp_path: Path) -> None:
    assert afresh(tmp_path) == expected


def test_constants_in_loaded_modules_do_not_matter(expected: dict[str, str], tmp_path: Path) -> None:
    """Hypothesis draws constants that it finds in local modules, unless it is kept from it."""
    (tmp_path / "full_of_constants.py").write_text(CONSTANTS)
    assert afresh(tmp_path, "full_of_constants") == expected


def test_another_seed_draws_other_plans() -> None:
    lab = laboratory()
    strategy, count = TRAJECTORIES.cases(lab, "quick")[1]
    plans = [json.dumps([recorded(plan.sample()) for plan in lab.drawn("a stream", strategy, count, seed)])
             for seed in range(8)]
    assert len(set(plans)) == len(plans)


def test_another_stream_draws_other_plans() -> None:
    lab = laboratory()
    strategy, count = TRAJECTORIES.cases(lab, "quick")[1]
    first, second = (lab.drawn(name, strategy, count, SEED) for name in ("a stream", "another"))
    assert any(a.sample().keys() != b.sample().keys() or not np.array_equal(a.tensors[0].start, b.tensors[0].start)
               for a, b in zip(first, second, strict=True))
