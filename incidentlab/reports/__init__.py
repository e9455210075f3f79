"""Each module here writes a report in one format; :func:`compose` makes the report they write.

A format is a module with a ``FORMAT``; its name is the module's. :func:`sarif` writes a single diagnosis, which is no
report. Everything here is a pure function of stored runs: no clock, no file but the bundled templates, no engine.
"""

import sys

from incidentlab import registry
from incidentlab.errors import UnknownNameError
from incidentlab.model.report import Report
from incidentlab.reports._base import Format
from incidentlab.reports._compose import compose
from incidentlab.reports._sarif import render as sarif

__all__ = ["Format", "compose", "formats", "render", "sarif"]


def formats() -> dict[str, Format]:
    """Return name → format of all there are."""
    return registry.load(sys.modules[__name__], "FORMAT", lambda each: each.name)


def render(report: Report, name: str) -> str:
    """Return the report as text in the format ``name``.

    Raises:
        UnknownNameError: there is no such format.
    """
    known = formats()
    if name not in known:
        raise UnknownNameError("report format", name, tuple(known))
    return known[name].render(report)
