"""The whole document: one run of one tool, its rules, its results, and what has no file as notifications."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from incidentlab import __version__
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Diagnosis, Finding
from incidentlab.reports._sarif import places, rules
from incidentlab.reports._sarif.words import message

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/incidentlab/incidentlab"
_LEVELS: Mapping[Confidence, str] = {"certain": "error", "likely": "warning", "possible": "note"}


def render(diagnosis: Diagnosis, catalogue: Mapping[str, Cause], page: Callable[[Cause], str]) -> str:
    """Return the diagnosis as one SARIF document that ends with a line end.

    A finding that lies in a file is a result; one that does not cannot be a result for those who show them beside the
    code, so it is a notification, as is all that is not known: nothing is lost.

    Args:
        diagnosis: its links name the files in which they lie.
        catalogue: id → cause.
        page: gives a cause's page as Markdown, for the help of its rule.
    """
    found = list(_findings(diagnosis.findings))
    ids = list(dict.fromkeys(each.cause for each, _ in found))
    results = [
        _result(each, above, ids.index(each.cause)) for each, above in found if places.first(each.evidence) is not None
    ]
    elsewhere = [each for each, _ in found if places.first(each.evidence) is None]
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "incidentlab",
                        "semanticVersion": __version__,
                        "informationUri": _HOME,
                        "rules": [rules.rule(name, catalogue.get(name), page) for name in ids],
                    }
                },
                "automationDetails": {"id": "incidentlab/diagnose/"},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {
                    places.BASE: {"description": {"text": "The folder in which incidentlab was called."}}
                },
                "invocations": [_invocation(diagnosis, elsewhere, ids)],
                "results": results,
                "properties": {"verdict": diagnosis.verdict, "summary": message(diagnosis.summary)},
            }
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _findings(findings: Iterable[Finding], above: str = "") -> Iterator[tuple[Finding, str]]:
    for each in findings:
        yield each, above
        yield from _findings(each.explains, each.cause)


def _result(finding: Finding, above: str, index: int) -> dict[str, Any]:
    located = places.located(finding.evidence)
    result: dict[str, Any] = {
        "ruleId": finding.cause,
        "ruleIndex": index,
        # What another cause brings about goes away with that one.
        "level": "note" if above else _LEVELS[finding.confidence],
        "message": {"text": _text(finding, above)},
        "locations": [{"physicalLocation": places.physical(located[0])}],
        "partialFingerprints": {"incidentlabEvidence/v1": places.fingerprint(finding.cause, located[0])},
        "properties": {"confidence": finding.confidence, **({"explainedBy": above} if above else {})},
    }
    if located[1:]:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": places.physical(link), "message": {"text": message(link.claim)}}
            for number, link in enumerate(located[1:], 1)
        ]
    return result


def _text(finding: Finding, above: str) -> str:
    parts = [f"{finding.title}. {finding.summary}"]
    parts += [f"It is explained by {above}."] if above else []
    parts += [f"Mend: {mend.text}" for mend in finding.mend if mend.kind == "command"][:1]
    return "\n".join(message(part) for part in parts)


def _invocation(diagnosis: Diagnosis, elsewhere: list[Finding], ids: list[str]) -> dict[str, Any]:
    notes: list[dict[str, Any]] = [
        {
            "descriptor": {"id": "finding-without-a-file"},
            "associatedRule": {"id": each.cause, "index": ids.index(each.cause)},
            "level": _LEVELS[each.confidence],
            "message": {"text": _text(each, "")},
        }
        for each in elsewhere
    ]
    notes += [
        {"descriptor": {"id": "not-known"}, "level": "note", "message": {"text": message(each)}}
        for each in diagnosis.missing
    ]
    return {"executionSuccessful": True, **({"toolExecutionNotifications": notes} if notes else {})}
