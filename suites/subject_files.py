"""Subject files: TOML that says of each subject what cannot be guessed, and which of its failures are known.

    [subjects."heavyball:ForeachAdamW"]
    rule = "adamw"
    consumes_gradient = true

    [subjects.slow]                       # a second path of a class has a name of its own
    subject = "heavyball:ForeachAdamW"
    settings = {foreach = false}

    [known."heavyball:ForeachAdamW"]      # as in a file for --known-failures, by the subject's name in this file
    "state.survives-pickle" = {reason = "…"}

The same tables stand in a pyproject.toml under [tool.fiducial]. What is declared has to be true, which
`suites.declared_in_vain` asks.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from fiducial.suites.declarations import Declaration, fault_of
from fiducial.suites.jobs import Job, Refusal

TABLES = ("subjects", "known")


class Listed(Declaration):
    """A subject with what is declared of it."""

    subject: str = Field(min_length=1)

    @classmethod
    def of(cls, text: str) -> Listed:
        """SUBJECT or SUBJECT=RULE."""
        subject, _, rule = text.partition("=")
        return cls(subject=subject, rule=rule or None)

    @property
    def name(self) -> str:
        """The subject as a node id says it."""
        told = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return self.subject + (f"={self.rule}" if self.rule else "") + (f"({told})" if told else "")

    def on(self, job: Job) -> Job:
        """A job for this subject that carries what is declared."""
        declared = Declaration(**self.model_dump(exclude={"subject", "rule", "settings"}))
        return job.model_copy(update={"declaration": declared, "timeout": max(job.timeout, self.timeout or 0.0)})


def read(file: str) -> dict[str, tuple[Listed, dict[str, Any]]]:
    """The subjects of a file by name, each with its known failures. Raises Refusal, in one sentence."""
    try:
        data = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(f"{file} cannot be read ({error.strerror})", 2) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refusal(f"{file} is no TOML file: {error}", 2) from None
    if strange := sorted(data.keys() - set(TABLES)):
        near = difflib.get_close_matches(strange[0], TABLES, n=1, cutoff=0)
        raise Refusal(f"{file}: there is no key {strange[0]}; the nearest is {near[0]}", 2)
    found = tables(data.get("subjects", {}), file)
    if not found:
        raise Refusal(f'{file} lists no subjects: each stands under [subjects."package.module:Attr"]', 2)
    return {name: (listed, _failures(data, name, found, file)) for name, listed in found.items()}


def tables(data: Any, where: str) -> dict[str, Listed]:
    """Declarations by name; the name is the subject where it does not say another. Raises Refusal."""
    if not isinstance(data, Mapping) or not all(isinstance(each, Mapping) for each in data.values()):
        raise Refusal(f'{where}: each subject is a table of its own, [subjects."package.module:Attr"]', 2)
    found = {}
    for name, table in data.items():
        try:
            found[name] = Listed.model_validate({"subject": name, **table})
        except ValidationError as error:
            raise Refusal(f'{where}: [subjects."{name}"] {fault_of(error, Listed)}', 2) from None
        _must_be_checks(found[name].refuses, f'{where}: [subjects."{name}"] refuses')
    return found


def _must_be_checks(refuses: Mapping[str, str], where: str) -> None:
    """Refuse an id that names no check, and a refusal without its reason."""
    from fiducial.suites.catalogue import check_ids

    for check_id, reason in refuses.items():
        if check_id not in check_ids():
            near = difflib.get_close_matches(check_id, check_ids(), n=1, cutoff=0)
            raise Refusal(f"{where} {check_id}, which is no check; the nearest is {near[0]}", 2)
        if not reason.strip():
            raise Refusal(f"{where} {check_id} without a reason: say why it is not claimed", 2)


def _failures(data: Mapping[str, Any], name: str, found: Mapping[str, Listed], file: str) -> dict[str, Any]:
    """The known failures of one subject of a file, checked. Raises Refusal."""
    from fiducial.suites.known import table

    entries = table(data.get("known", {}), file)
    if strange := sorted(entries.keys() - found.keys()):
        near = difflib.get_close_matches(strange[0], list(found), n=1, cutoff=0)
        raise Refusal(f"{file}: [known] speaks of {strange[0]}, which the file does not list; the nearest is {near[0]}",
                      2)
    return {check_id: entry.model_dump() for check_id, entry in entries.get(name, {}).items()}
