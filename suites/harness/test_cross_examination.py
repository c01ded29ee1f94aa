"""Every optimizer's definition is cross-examined: its tests find mistakes in it, and it is said by whom."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from fiducial.reference.optimizers import adam, lion
from fiducial.suites.demonstrations.cross_examination import Row, Sources, definitions, examined, mistakes

FILE = '''
from fiducial.reference.optimizers import adam, lion as ours


def course(form):
    return optax_course("contrib.lion", form)


@pytest.mark.parametrize("package", ["optimi"])
def test_public(package):
    assert torch_course(importlib.import_module(package).Lion, ours.step) == course(ours.step)


def test_second():
    assert ours.step == adam.step


test_torch = follows_torch(ours.step, torch.optim.AdamW)
'''


def of_its_own(name: str) -> Row:
    """A definition examined in a process of its own: pytest inside of pytest would share its state."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(examined, name).result()


class Item:
    """A collected test, as far as its source is looked up."""

    def __init__(self, name: str, **params: object) -> None:
        self.name, self.callspec = name, type("Callspec", (), {"params": params})


def test_whom_a_test_speaks_of_is_read_off_its_source(tmp_path: Path) -> None:
    file = tmp_path / "test_lion.py"
    file.write_text(FILE)
    sources = Sources(file)
    public = Item("test_public[optimi]", package="optimi")
    assert sources.public(public) == {"optimi:Lion", "optax:contrib.lion"}  # type: ignore[arg-type]
    assert sources.public(Item("test_torch")) == {"torch.optim:AdamW"}  # type: ignore[arg-type]
    assert sources.public(Item("test_second")) == set()  # type: ignore[arg-type]
    assert (sources.definitions("test_second"), sources.definitions("test_public")) == ({"adam", "lion"}, {"lion"})


def test_mistakes_are_planted_in_every_public_function() -> None:
    assert [each.function for each in mistakes(adam)] == [
        "moments", "corrected", "step", "keras_step", "under_root_step", "uncorrected_step"]
    assert all(each.planted for each in mistakes(lion))


def test_a_definition_without_a_second_opinion_would_be_told() -> None:
    row = of_its_own("sign_descent")
    assert row["mutants"] == {"rejected": 1, "tried": 1}
    assert row["claims"]["passed"] == row["claims"]["judged"] > 5
    assert {"adam", "rprop"} <= set(row["formulations"])


@pytest.mark.slow
@pytest.mark.parametrize("name", definitions())
def test_each_definition_is_cross_examined(name: str) -> None:
    """By a public implementation, by another definition, or by a test that works its numbers out itself."""
    row = of_its_own(name)
    assert row["claims"]["passed"] == row["claims"]["judged"] > 0
    assert row["mutants"]["rejected"] == row["mutants"]["tried"]
    assert row["head_to_head"] or row["formulations"] or row["worked_out"]
