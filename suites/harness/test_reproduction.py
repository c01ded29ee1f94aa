"""Every failed check comes with a script that shows the failure without us, and is silent about the sound subject."""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.adapters.torch_compiled import no_compiler
from fiducial.checks.contract import find
from fiducial.checks.evidence import (
    NO_DEVICE,
    Budget,
    Certificate,
    Environment,
    Evidence,
    Severity,
    Status,
    Subject,
    summarize,
)
from fiducial.suites import rules
from fiducial.suites.binding import bind
from fiducial.suites.bindings import Binding, variant
from fiducial.suites.harness.mutants import MUTANTS
from fiducial.suites.jobs import Refusal
from fiducial.suites.reproduction.kinds import script as script_of_claim
from fiducial.suites.reproduction.optimizers import script
from fiducial.suites.reproduction.oracles import wide
from fiducial.suites.reproduction.program import MOST_LINES, Unwritable, importing, literal, program
from fiducial.suites.rules.activations import SOFTMAX
from fiducial.suites.rules.initializers import XAVIER_UNIFORM
from fiducial.suites.rules.kinds import KindRule
from fiducial.suites.rules.normalization import BATCH_NORM
from fiducial.suites.rules.regularization import DROPOUT
from fiducial.suites.rules.schedules import CLIP_GRAD_NORM, STEP
from fiducial.suites.series import scripts_of
from fiducial.suites.subjects_of_kinds import adapt
from fiducial.suites.terminal import block
from fiducial.suites.worker import on_way

BARE = Path(__file__).with_name("bare.py")
FILE_TAKES = 2  # lines more than a module: a subject in a file is imported by its path
FEW = ["construction.accepts-a-generator", "construction.refuses-nan", "construction.generators-left-alone",
       "rule.first-step-follows-definition", "rule.state-follows-definition", "rule.zero-decay-is-no-decay",
       "rule.maximize-mirrors-gradient", "rule.step-is-linear-in-rate", "rule.layouts-change-nothing",
       "gradient.left-untouched", "gradient.absent-leaves-everything", "gradient.accumulation-is-the-sum",
       "closure.called-once", "state.survives-reload", "state.survives-deepcopy",
       "groups.can-be-added-on-the-way", "groups.listed-options-are-read"]
IMPORT = re.compile(r"^from \S+ import \w+ as Subject$", re.MULTILINE)


@pytest.fixture(autouse=True)
def world() -> Iterator[None]:
    """Mutants change the default dtype and the grad mode."""
    dtype, state, threads = torch.get_default_dtype(), torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_default_dtype(dtype)
    torch.set_grad_enabled(True)
    torch.set_num_threads(threads)
    torch.set_rng_state(state)


def written(name: str) -> str:
    """The script that comes with the evidence against a check's mutant."""
    mutant, check, rule = MUTANTS[name], find(name), rules.find(MUTANTS[name].rule)
    assert check is not None
    assert rule is not None
    lab = on_way(bind(mutant.factory, dict(mutant.settings), rule), mutant.way)
    path = f"{mutant.factory.__module__}:{mutant.factory.__qualname__}"
    evidence = check.examine(lab, seed=0, level=mutant.level, reproduce=partial(script, check, lab, path))
    assert evidence.reproduction is not None, f"{name} has no script"
    return evidence.reproduction


def of_the_sound(name: str, text: str) -> str:
    """The same script about the subject that the mutant would be without its mistake."""
    sound = MUTANTS[name].sound
    changed, count = IMPORT.subn(f"from {sound.__module__} import {sound.__name__} as Subject", text)
    assert count == 1
    return changed


def statuses(scripts: Iterable[str]) -> list[int]:
    """The exit status of each script, in a process that has torch and cannot import fiducial or pytest."""
    done = subprocess.run([sys.executable, "-P", str(BARE)], input=json.dumps(list(scripts)), capture_output=True,
                          text=True, check=True)
    found: list[int] = json.loads(done.stdout)
    return found


def judged(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Each check's exit statuses: for its mutant, and for the sound subject."""
    texts = {name: written(name) for name in names}
    too_long = [name for name, text in texts.items() if len(text.splitlines()) > MOST_LINES - FILE_TAKES]
    assert too_long == []
    assert [name for name, text in texts.items() if "fiducial." in IMPORT.sub("", text).split("\n", 2)[2]] == []
    found = statuses([*texts.values(), *(of_the_sound(name, text) for name, text in texts.items())])
    return dict(zip(texts, zip(found[:len(texts)], found[len(texts):], strict=True), strict=True))


def test_scripts_fail_for_the_mutant_and_pass_for_the_sound_subject() -> None:
    assert judged(FEW) == dict.fromkeys(FEW, (1, 0))


def needs_no_gpu(name: str) -> bool:
    """Whether a check says something about a subject on this machine's CPU."""
    mutant, check, rule = MUTANTS[name], find(name), rules.find(MUTANTS[name].rule)
    assert check is not None
    assert rule is not None
    return not (check.reason(bind(mutant.factory, dict(mutant.settings), rule), mutant.level) or "").startswith(
        NO_DEVICE)


@pytest.mark.slow
@pytest.mark.parametrize("family", sorted({name.partition(".")[0] for name in MUTANTS}))
def test_every_check_has_a_script_that_fails_for_the_mutant_and_passes_for_the_sound_subject(family: str) -> None:
    """What is judged on a GPU alone is left out; a script runs on the machine that it was written on."""
    names = [name for name in MUTANTS if name.startswith(f"{family}.") and not MUTANTS[name].way and needs_no_gpu(name)]
    assert judged(names) == dict.fromkeys(names, (1, 0))


@pytest.mark.slow
@pytest.mark.skipif(no_compiler() is not None, reason="no compiler for C++")
def test_a_compiled_step_has_such_a_script_too() -> None:
    name = "path.compiled-equals-for-loop"
    assert judged([name]) == {name: (1, 0)}


def test_the_bare_environment_is_bare() -> None:
    """What the scripts are run in has torch, and nothing of ours but the subjects' own files."""
    imports = ["import torch", "import fiducial.checks", "from fiducial.suites import rules", "import pytest",
               "from fiducial.suites.harness.sound import SoundAdam", "import sys; sys.exit(3)"]
    assert statuses(imports) == [0, 70, 70, 70, 0, 3]


def test_a_subject_in_a_file_is_imported_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "my adam.py").write_text("import beside\nclass Outer:\n    class Adam:\n        lr = beside.LR\n")
    (tmp_path / "beside.py").write_text("LR = 0.5\n")
    text = program("a.b", "c", f"{tmp_path / 'my adam.py'}:Outer.Adam", ["sys.exit(Subject.lr == 0.5)"])
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 1


@pytest.mark.parametrize("path", ["__main__:Adam", "here:make.<locals>.Adam"])
def test_what_nobody_can_import_has_no_script(path: str) -> None:
    with pytest.raises(Unwritable):
        importing(path)


@pytest.mark.parametrize("value", [
    0.1, -0.0, float("inf"), float("-inf"), 5e-324, True, None, 3, "a\n'\"", (), (1,), (0.9, 0.999), [1, [2.5]],
    {"lr": 0.1, 2: (1, None)}])
def test_a_literal_is_its_value(value: object) -> None:
    found = eval(literal(value))
    assert repr(found) == repr(value)


def test_what_has_no_literal_is_not_written() -> None:
    with pytest.raises(Unwritable):
        literal(object())
    assert eval(literal(float("nan"))) != eval(literal(float("nan")))
    assert literal(torch.float32) == "torch.float32"


def test_a_script_that_would_be_too_long_is_not_written() -> None:
    with pytest.raises(Unwritable):
        program("a.b", "c", "d:E", ["pass"] * MOST_LINES)


def test_the_words_of_a_subject_stay_in_their_comment() -> None:
    """A claim or a path with a line break in it would otherwise run as code."""
    assert program("a.b", "x\nraise", "m:A", []).splitlines()[1] == "# x raise"


ROWS = ("activations.test_softmax", "normalization.test_batch_norm", "initializers.test_xavier_uniform",
        "schedules.test_step", "schedules.test_clip_grad_norm", "regularization.test_dropout")
STAND_IN = "subject_under_test"


def run_here(text: str, subject: Any) -> int:
    """The exit status of a script about a subject that stands where the script finds it; it imports nothing of ours."""
    tree = ast.parse(text)
    imported = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= {"sys", "numpy", "torch", STAND_IN}
    assert len(text.splitlines()) <= MOST_LINES - FILE_TAKES
    home = ModuleType(STAND_IN)
    home.Subject = subject  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        patch.setitem(sys.modules, STAND_IN, home)
        with pytest.raises(SystemExit) as end:
            exec(compile(text, "<script>", "exec"), {"__name__": "__main__"})
    return 1 if isinstance(end.value.code, str) else int(end.value.code or 0)


def obliging(definition: Any) -> Any:
    """A definition as scripts may call it: in float32 too, with gradients as the wrong subject gives them."""
    if not hasattr(definition, "forward"):
        return definition

    def forward(**sample: Any) -> Any:
        return definition.forward(**{name: wide(v) for name, v in sample.items()}).astype(sample["x"].dtype)

    def backward(**sample: Any) -> Any:
        found = definition.backward(**{name: wide(v) for name, v in sample.items()})
        return Both(found._asdict()) if hasattr(found, "_asdict") else found

    return variant(definition, forward=forward, backward=backward)


class Both(dict[str, Any]):
    """Gradients by key and by name."""

    __getattr__ = dict.__getitem__


@pytest.mark.parametrize("row", ROWS)
def test_every_wrong_subject_of_a_row_has_a_script(row: str) -> None:
    """Functions, initializers, schedules, clips, random maps: 1 for the wrong subject, 0 for the definition."""
    binding: Binding = importlib.import_module(f"fiducial.suites.{row}").BINDING
    definition = binding.reference()
    found = []
    for wrong in binding.wrong:
        evidence = wrong.by.examine(wrong.subject, seed=0, level=wrong.level, reproduce=partial(
            script_of_claim, wrong.by, definition, wrong.subject, f"{STAND_IN}:Subject"))
        text = evidence.reproduction
        found.append((wrong.by.id, text and (run_here(text, wrong.subject), run_here(text, obliging(definition)))))
    assert found == [(wrong.by.id, (1, 0)) for wrong in binding.wrong]


class OffNorm(torch.nn.BatchNorm1d):
    """Adds a little of its scale."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) + 1e-3 * self.weight.view(1, -1, *[1] * (x.dim() - 2))


class LateSteps(torch.optim.lr_scheduler.StepLR):
    """Falls one step late."""

    def get_lr(self) -> list[float | torch.Tensor]:
        return [base * self.gamma ** (max(self.last_epoch - 1, 0) // self.step_size) for base in self.base_lrs]


def without_maximum(input: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """A softmax that overflows."""
    return input.exp() / input.exp().sum(dim, keepdim=True)


def without_root(parameters: Iterable[torch.Tensor], max_norm: float, norm_type: float = 2.0) -> torch.Tensor:
    """Clips by the square of the norm."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.stack([g.square().sum() for g in gradients]).sum()
    for g in gradients:
        g.mul_(torch.clamp(max_norm / (norm + 1e-6), max=1.0))
    return norm


def too_narrow(tensor: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
    """Xavier's bound with its root in the wrong place."""
    fan_in, fan_out = torch.nn.init._calculate_fan_in_and_fan_out(tensor)
    bound = gain * 6**0.5 / (fan_in + fan_out)
    return torch.nn.init.uniform_(tensor, -bound, bound)


def unscaled(input: torch.Tensor, p: float = 0.5, training: bool = True) -> torch.Tensor:
    """Dropout of the classic form."""
    return input * (torch.rand_like(input) >= p) if training else input


OF_TORCH = [(SOFTMAX, without_maximum, torch.nn.functional.softmax), (BATCH_NORM, OffNorm, torch.nn.BatchNorm1d),
            (STEP, LateSteps, torch.optim.lr_scheduler.StepLR),
            (CLIP_GRAD_NORM, without_root, torch.nn.utils.clip_grad_norm_),
            (XAVIER_UNIFORM, too_narrow, torch.nn.init.xavier_uniform_),
            (DROPOUT, unscaled, torch.nn.functional.dropout)]


@pytest.mark.parametrize(("rule", "wrong", "sound"), OF_TORCH, ids=[rule.name for rule, _, _ in OF_TORCH])
def test_torch_callables_have_scripts_in_their_own_words(rule: KindRule, wrong: Any, sound: Any) -> None:
    adapted, found = adapt(wrong, rule, {}, "wrong"), {}
    for claim in rule.claims:
        evidence = claim.examine(adapted, level="quick", reproduce=partial(
            script_of_claim, claim, rule.definition, adapted, f"{STAND_IN}:Subject"))
        if evidence.status in (Status.FAILED, Status.ERROR):
            text = evidence.reproduction
            found[claim.id] = text and (run_here(text, wrong), run_here(text, sound))
    assert found
    assert found == dict.fromkeys(found, (1, 0))


def certificate(reproduction: str | None) -> Certificate:
    """A certificate of one failed check with a script, or without."""
    found = Evidence(id="rule.follows-definition", claim="It does.", severity=Severity.MUST, status=Status.FAILED,
                     measured=1.0, allowed=0.0, reproduction=reproduction)
    return Certificate(subject=Subject(path="a:B"), rule="adam", verdict="not-certified", summary=summarize([found]),
                       checks=[found], budget=Budget(), started="", seconds=0.0, fiducial="0",
                       environment=Environment(python="3", numpy="2", scipy="1", hypothesis="6"))


def test_replay_prints_the_scripts_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "made.json"
    file.write_text(certificate("sys.exit(1)\n").model_dump_json(by_alias=True))
    assert scripts_of(str(file), None) == scripts_of(str(file), "rule.follows-definition") == ["sys.exit(1)\n"]
    with pytest.raises(Refusal) as refusal:
        scripts_of(str(file), "rule.follows-definitio")
    assert refusal.value.sentence.endswith("the nearest is rule.follows-definition")
    assert refusal.value.exit_status == 2


def test_replay_says_when_there_is_no_script(tmp_path: Path) -> None:
    file = tmp_path / "made.json"
    file.write_text(certificate(None).model_dump_json(by_alias=True))
    with pytest.raises(Refusal, match="holds no script"):
        scripts_of(str(file), None)


@pytest.mark.parametrize(("reproduction", "record", "shown"), [
    ("sys.exit(1)", "F", True), ("sys.exit(1)", None, False), (None, "F", False)])
def test_a_failure_says_how_to_get_its_script(reproduction: str | None, record: str | None, shown: bool) -> None:
    """Only where there is a script, and a file that holds it."""
    whole = certificate(reproduction)
    row = "  script    fiducial replay F rule.follows-definition --script > repro.py\n"
    assert (row in block(whole.checks[0], whole, {}, record=record).plain) is shown
