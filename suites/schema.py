"""The JSON Schema of a certificate file: `python -m fiducial.suites.schema > reports/certificate.schema.json`."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from fiducial.checks.evidence import Certificate, Certificates


def schema() -> dict[str, Any]:
    """The schema of what `certify --json` writes: one certificate, or several."""
    either: TypeAdapter[Certificate | Certificates] = TypeAdapter(Certificate | Certificates)
    found = either.json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "fiducial certificate", **found}


def text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    print(text(), end="")
