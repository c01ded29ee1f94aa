"""torch's own optimizers on the paths of their own: each fails there what its file lists, and no MUST beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fiducial.checks.adapters.torch_compiled import no_compiler
from fiducial.checks.evidence import Severity, Status
from fiducial.suites.known import read
from fiducial.suites.runner import Coordinator, run
from fiducial.suites.series import jobs_of, on_path

pytestmark = [pytest.mark.zoo, pytest.mark.filterwarnings("ignore")]

FOLDER = Path(__file__).parent / "paths"
LISTED = [(file.stem, subject) for file in sorted(FOLDER.glob("*.toml")) for subject in read(str(file))]


@pytest.mark.parametrize(("path", "subject"), LISTED)
def test_it_fails_what_is_listed_and_nothing_else(path: str, subject: str) -> None:
    if path == "compiled" and no_compiler() is not None:
        pytest.skip("no compiler for C++")
    listed = read(str(FOLDER / f"{path}.toml"))[subject]
    (job,) = jobs_of([subject], None, known=None, settings={}, level="standard", device="cpu", seed=0, only=[], jobs=1,
                     timeout=60.0, build_timeout=120.0, memory="4G")
    with Coordinator() as coordinator:
        certificate = run(on_path(job, path), coordinator)
    failed = {each.id for each in certificate.checks if each.status in (Status.FAILED, Status.ERROR)}
    blocked = {each.id for each in certificate.checks if each.status is Status.BLOCKED}  # by another that is listed
    decisive = {each.id for each in certificate.checks if each.id in failed and each.severity is Severity.MUST}
    assert sorted(decisive - set(listed)) == [], certificate.reason
    assert sorted({check for check, entry in listed.items() if entry.seed == 0} - failed - blocked) == []
