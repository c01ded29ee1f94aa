"""What a user's pyproject.toml says under [tool.fiducial]: subjects, level, seed, strictness.

    [tool.fiducial]
    level = "standard"
    subjects = ["torch.optim:AdamW", {subject = "my_package:MyAdam", rule = "adam", settings = {lr = 0.1}}]

or, as in a subject file (`suites.subject_files`), a table for each:

    [tool.fiducial.subjects."my_package:MyAdam"]
    rule = "adam"
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from fiducial.suites.jobs import Refusal
from fiducial.suites.subject_files import Listed, tables


class Listing(BaseModel):
    """The table [tool.fiducial]."""

    model_config = ConfigDict(extra="forbid")

    subjects: list[Listed] = Field(default_factory=list)
    level: Literal["quick", "standard", "deep"] = "standard"
    seed: int = Field(default=0, ge=0)
    strict: bool = False
    known: dict[str, Any] = Field(default_factory=dict)

    @field_validator("subjects", mode="before")
    @classmethod
    def _spelt_out(cls, subjects: Any) -> Any:
        if isinstance(subjects, list):
            return [Listed.of(each) if isinstance(each, str) else each for each in subjects]
        return list(tables(subjects, "[tool.fiducial] of pyproject.toml").values())


def listed(file: Path) -> Listing:
    """The table of a pyproject.toml; the defaults where there is no file or no table. Raises Refusal."""
    if not file.is_file():
        return Listing()
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("fiducial", {})
        return Listing.model_validate(table)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refusal(f"{file} is no TOML file: {error}", 2) from None
    except ValidationError as error:
        raise Refusal(f"[tool.fiducial] of {file}: {sentence(error, Listing)}", 2) from None


def sentence(error: ValidationError, model: type[BaseModel]) -> str:
    """The first thing that a record does not allow, with the nearest key where one is unknown."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = [*model.model_fields, *Listed.model_fields]
        near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1, cutoff=0)
        return f"there is no key {place}; the nearest is {near[0]}"
    return f"{place}: {first['msg']}"
