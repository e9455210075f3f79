"""The JSON Schemas of what incidentlab writes, made from the model; ``python -m incidentlab.schemas`` rewrites them."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from incidentlab.catalogue._format import SCENARIO_SCHEMA, ScenarioFormat
from incidentlab.model.asked import Asked
from incidentlab.model.diagnosis import DIAGNOSIS_SCHEMA, Diagnosis
from incidentlab.model.report import REPORT_SCHEMA, Report
from incidentlab.model.run import RUN_SCHEMA, Run

FOLDER = Path(__file__).resolve().parent

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: dict[str, tuple[str, type[Any]]] = {
    "diagnosis": (DIAGNOSIS_SCHEMA, Diagnosis),
    "report": (REPORT_SCHEMA, Report),
    "run": (RUN_SCHEMA, Run),
    "scenario": (SCENARIO_SCHEMA, ScenarioFormat),
}
# What a command adds to a document: which run it is about, or which sources were asked.
_ADDED: dict[str, dict[str, Any]] = {"diagnosis": {"run": str, "sources": tuple[Asked, ...]}}
_VERSIONS = {kind.__name__: version for version, kind in _MODELS.values()}


def names() -> tuple[str, ...]:
    """Return the names of the documents that have a schema made from the model."""
    return tuple(_MODELS)


def path(name: str) -> Path:
    """Return where the schema of a document lies."""
    return FOLDER / f"{name}.schema.json"


def render(name: str) -> str:
    """Return the schema of a document as the text that its file has to hold.

    Unknown keys are allowed everywhere: keys may be added within one version, never renamed.
    """
    version, kind = _MODELS[name]
    # A scenario is written by people and read by us; all others are written by us.
    made = TypeAdapter(kind).json_schema(mode="validation" if name == "scenario" else "serialization")
    for title, part in [(kind.__name__, made), *made.get("$defs", {}).items()]:
        if title in _VERSIONS:
            _pin(part, _VERSIONS[title])
    for key, added in _ADDED.get(name, {}).items():
        part = TypeAdapter(added).json_schema(mode="serialization")
        made["$defs"] |= part.pop("$defs", {})
        made["properties"][key] = part
    whole = {"$schema": _DIALECT, "$id": f"urn:{version.replace('/', ':')}", **made}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _pin(part: dict[str, Any], version: str) -> None:
    """A document names its version, so that a reader of another one can refuse it."""
    part["properties"]["schema"] = {"const": version, "type": "string"}
    # What incidentlab writes holds every key, those with a default too.
    part["required"] = sorted(part["properties"])
