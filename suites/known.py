"""Known failures: listed with a reason, and held to: an entry that passes again, or names no check, fails the run.

    [known."torch.optim:AdamW"]                       # in pyproject.toml: [tool.fiducial.known."torch.optim:AdamW"]
    "gradient.left-untouched" = {reason = "…", link = "https://…", when = {foreach = true}, versions = "<2.14"}
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from fiducial.checks.evidence import Evidence, Status
from fiducial.suites.jobs import Known, Refusal


class Entry(BaseModel):
    """Why a check fails, and where.

    when      settings or hyper-parameters that the subject must have;  versions  of its package, such as "<2.14"
    seed      a seed under which it was seen to fail: tried before the entry is called stale
    """

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1)
    link: str | None = None
    when: dict[str, Any] = Field(default_factory=dict)
    versions: str | None = None
    seed: int = Field(default=0, ge=0)

    @field_validator("versions")
    @classmethod
    def _is_a_specifier(cls, value: str | None) -> str | None:
        try:
            SpecifierSet(value or "")
        except InvalidSpecifier:
            raise ValueError(f"{value!r} is no version specifier such as <2.14") from None
        return value

    def told(self) -> str:
        """Reason and link in one line."""
        return f"{self.reason} ({self.link})" if self.link else self.reason


Table = dict[str, dict[str, Entry]]  # subject → check → entry
TABLE: TypeAdapter[Table] = TypeAdapter(Table)


def read(file: str) -> Table:
    """The entries of a file. Raises Refusal for one that cannot be read or says something that is not known."""
    try:
        data = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(f"--known-failures {file} cannot be read ({error.strerror})", 2) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refusal(f"--known-failures {file} is no TOML file: {error}", 2) from None
    strange = sorted(data.keys() - {"known"})
    if strange:
        raise Refusal(f"--known-failures {file}: there is no key {strange[0]}; entries stand under "
                      '[known."package.module:Attr"]', 2)
    return table(data.get("known", {}), f"--known-failures {file}")


def table(data: Any, where: str) -> Table:
    """Entries as data, checked: keys, reasons, and the ids of the checks. Raises Refusal."""
    try:
        found = TABLE.validate_python(data)
    except ValidationError as error:
        raise Refusal(f"{where}: {_sentence(error)}", 2) from None
    from fiducial.suites.catalogue import check_ids

    known = check_ids()
    for subject, entries in found.items():
        for check_id in entries.keys() - set(known):
            near = difflib.get_close_matches(check_id, known, n=1, cutoff=0)
            raise Refusal(f"{where}: {subject} lists {check_id}, which is no check; the nearest is {near[0]}", 2)
    return found


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    place = " ".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), list(Entry.model_fields), n=1, cutoff=0)
        return f"{place}: there is no such key; the nearest is {near[0]}"
    if first["type"] == "missing":
        return f"{place} is left out: say why it fails"
    if first["type"] in ("dict_type", "model_type"):
        return f'{place} must be a table, such as "gradient.left-untouched" = {{reason = "…"}}'
    return f"{place}: {first['msg']}"


def applicable(entries: Mapping[str, Entry], settings: Mapping[str, Any], version: str | None) -> dict[str, Known]:
    """Those entries whose `when` and `versions` fit a subject, as a job carries them."""
    return {check_id: Known(reason=entry.told(), seed=entry.seed) for check_id, entry in entries.items()
            if all(name in settings and settings[name] == value for name, value in entry.when.items())
            and _fits(entry.versions, version)}


def _fits(versions: str | None, version: str | None) -> bool:
    if versions is None:
        return True
    try:
        return version is not None and SpecifierSet(versions).contains(version, prereleases=True)
    except InvalidVersion:
        return False


def settled(evidence: Evidence, known: Known | None) -> Evidence:
    """Evidence as an entry changes it: a failure that was expected is known, a success that was not is stale."""
    if known is None:
        return evidence
    if not known.claimed:
        return _unclaimed(evidence, known.reason)
    if evidence.status in (Status.FAILED, Status.ERROR):
        return evidence.model_copy(update={"status": Status.KNOWN, "reason": known.reason})
    if evidence.status is Status.PASSED:
        words = f"listed as a known failure ({known.reason}), but it passes now: remove the entry"
        return evidence.model_copy(update={"stale": True, "reason": words})
    return evidence


def _unclaimed(evidence: Evidence, reason: str) -> Evidence:
    """Evidence for a check that a subject says not to claim: it must not pass, else the declaration hides nothing."""
    if evidence.status is Status.PASSED:
        words = f"declared as not claimed ({reason}), but it passes: leave the entry out"
        return evidence.model_copy(update={"stale": True, "reason": words})
    if evidence.status is Status.NOT_APPLICABLE:
        return evidence
    update: dict[str, Any] = {"status": Status.NOT_APPLICABLE, "reason": f"not claimed: {reason}", "sample": {},
                              "reproduction": None}
    return evidence.model_copy(update=update)
