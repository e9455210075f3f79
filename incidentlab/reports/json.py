"""The report as JSON by the published schema ``report.schema.json``: all that is known, nothing cut."""

from functools import cache

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from incidentlab.model.report import Report
from incidentlab.reports._base import Format


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def render(report: Report) -> str:
    """Return the report as one JSON document that ends with a line end."""
    return _dump(report) + "\n"


def _dump(report: Report) -> str:
    try:
        return _adapter().dump_json(report, indent=2).decode()
    except PydanticSerializationError:  # a lone surrogate, as undecodable bytes in a file name leave behind
        return _dump_replacing(report)


def _dump_replacing(report: Report) -> str:
    import json

    text = json.dumps(_adapter().dump_python(report, mode="json"), indent=2, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


FORMAT = Format("json", ".json", render)
