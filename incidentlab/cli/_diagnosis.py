"""A diagnosis as the text that a person or a script asked for, and the exit code that a script asked for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from incidentlab.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from incidentlab.model.asked import Asked
    from incidentlab.model.diagnosis import Diagnosis

FORMATS = ("text", "json", "sarif")
THRESHOLDS = ("never", "possible", "likely", "certain")
_ENDINGS = {".json": "json", ".sarif": "sarif"}


@dataclass(frozen=True, slots=True)
class Told:
    """A diagnosis and what is told with it: ``extra`` are further keys of its JSON."""

    diagnosis: "Diagnosis"
    extra: Mapping[str, Any]
    asked: "Sequence[Asked]" = ()


def format_of(given: str, as_json: bool, path: "Path | None") -> str:
    """Return the format that was asked for: by name, by ``--json``, or by the ending of the file.

    Raises:
        UsageError: two different ones were asked for.
    """
    if as_json and given not in ("", "json"):
        raise UsageError(f"--json and --format {given} ask for two formats.", mend=["Give one of them."])
    if as_json or given:
        return "json" if as_json else given
    name = path.name.lower() if path else ""
    return next((kind for ending, kind in _ENDINGS.items() if name.endswith(ending)), "text")


def document(told: Told, kind: str) -> str:
    """Return a diagnosis as one JSON document by the published schema, or as one SARIF document."""
    if kind == "json":
        whole = {**told.extra, **asdict(told.diagnosis)}
        return _encodable(json.dumps(whole, indent=2, ensure_ascii=False, default=_plain)) + "\n"
    from incidentlab.causes import catalogue
    from incidentlab.causes.page import page
    from incidentlab.reports import sarif

    return sarif(told.diagnosis, catalogue(), page)


def plain_text(told: Told) -> str:
    """Return a diagnosis as a person reads it in a file: without colour, 80 columns wide."""
    from io import StringIO

    from rich.console import Console

    from incidentlab.console.diagnosis_view import view
    from incidentlab.console.theme import THEME, Signs

    written = StringIO()
    console = Console(file=written, theme=THEME, width=80, color_system=None, highlight=False, markup=False)
    console.print(view(told.diagnosis, Signs("utf-8"), console, sources=told.asked, verbose=True), crop=False)
    return _encodable("".join(f"{line.rstrip()}\n" for line in written.getvalue().strip("\n").splitlines()))


def reaches(diagnosis: "Diagnosis", threshold: str) -> bool:
    """Whether a finding is as sure as ``threshold`` or surer; never for ``never``."""
    # What hangs beneath a finding is never surer than itself.
    return threshold != "never" and any(
        THRESHOLDS.index(each.confidence) >= THRESHOLDS.index(threshold) for each in diagnosis.findings
    )


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()  # a file's name may hold what is no UTF-8
