"""A diagnosis as SARIF: by the official schema, with nothing lost, whatever a log line holds."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker

from incidentlab import causes
from incidentlab.causes.page import page
from incidentlab.model.diagnosis import Diagnosis, Finding, Link, Mend
from incidentlab.reports import sarif

SCHEMA = Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json"
RULE = "migrations-not-applied"
ERROR = 'sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "tasks" does not exist'


@pytest.fixture(scope="module")
def valid() -> Draft4Validator:
    return Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")), format_checker=FormatChecker())


def link(file: str = "logs/app.log", line: int | None = 41, quote: str = ERROR, fact: str = "log:app:41") -> Link:
    return Link("The first statement fails", fact, "log of app", line, quote, "sed -n 41p logs/app.log", file)


def finding(
    *links: Link, cause: str = RULE, confidence: str = "certain", explains: tuple[Finding, ...] = ()
) -> Finding:
    mend = (Mend("command", "alembic upgrade head", "Now."),)
    return Finding(cause, "Title", confidence, "Summary.", links, mend, explains)  # type: ignore[arg-type]


def run_of(*findings: Finding, missing: tuple[str, ...] = ()) -> dict[str, Any]:
    diagnosis = Diagnosis("incident", "One.", findings, missing=missing)
    whole: dict[str, Any] = json.loads(sarif(diagnosis, causes.catalogue(), page))
    return dict(whole["runs"][0])


def text_of(*findings: Finding) -> str:
    return sarif(Diagnosis("incident", "One.", findings), causes.catalogue(), page)


def test_it_is_what_the_schema_asks_for(valid: Draft4Validator) -> None:
    below = finding(link(line=50), cause="database-not-ready", confidence="likely")
    elsewhere = finding(Link("It ended", "container:app", "state of app"), cause="port-conflict", confidence="possible")
    dockerfile = link("Dockerfile", 9, 'CMD ["uvicorn"]', "project:app")
    text = text_of(finding(dockerfile, link(), explains=(below,)), elsewhere)
    valid.validate(json.loads(text))
    assert text.endswith("}\n")


@pytest.mark.parametrize("verdict", ["healthy", "inconclusive"])
def test_nothing_found_is_a_document_too(valid: Draft4Validator, verdict: Any) -> None:
    document = json.loads(sarif(Diagnosis(verdict, "None.", missing=("The log.",)), causes.catalogue(), page))
    valid.validate(document)
    assert document["runs"][0]["results"] == []
    assert document["runs"][0]["properties"]["verdict"] == verdict


def test_a_result_lies_at_the_line_that_says_most_and_relates_to_the_others() -> None:
    dockerfile = link("Dockerfile", 9, 'CMD ["uvicorn"]', "image:app")
    result = run_of(finding(dockerfile, link(line=7), link()))["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "logs/app.log", "uriBaseId": "%SRCROOT%"}
    assert (place["region"]["startLine"], place["region"]["snippet"]["text"]) == (41, ERROR)
    lines = [each["physicalLocation"]["region"]["startLine"] for each in result["relatedLocations"]]
    assert lines == [9, 7]


def test_what_is_wrong_with_a_whole_file_is_shown_at_its_beginning() -> None:
    revision = link("migrations/versions/a.py", None, "create tasks", "project:app")
    (result,) = run_of(finding(Link("state", "container:app", "state of app"), revision))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("migrations/versions/a.py", {"startLine": 1})


@pytest.mark.parametrize(("confidence", "level"), [("certain", "error"), ("likely", "warning"), ("possible", "note")])
def test_the_level_is_the_confidence(confidence: str, level: str) -> None:
    assert run_of(finding(link(), confidence=confidence))["results"][0]["level"] == level


def test_what_another_cause_explains_is_a_note_that_says_so() -> None:
    below = finding(link(line=50), cause="database-not-ready")
    results = run_of(finding(link(), explains=(below,)))["results"]
    assert [(each["ruleId"], each["level"]) for each in results] == [(RULE, "error"), ("database-not-ready", "note")]
    assert results[1]["properties"]["explainedBy"] == RULE
    assert f"explained by {RULE}" in results[1]["message"]["text"]


def test_a_rule_carries_the_page_of_its_cause() -> None:
    run = run_of(finding(link()), finding(link(line=3)))
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == RULE
    assert rule["help"]["markdown"] == page(causes.get(RULE))
    assert {each["ruleIndex"] for each in run["results"]} == {0}
    assert run["columnKind"] == "unicodeCodePoints"


def test_a_finding_without_a_file_and_what_is_not_known_are_notifications() -> None:
    elsewhere = finding(Link("It ended", "container:app", "state of app"), confidence="likely")
    run = run_of(elsewhere, missing=("Give --project.",))
    assert run["results"] == []
    found, unknown = run["invocations"][0]["toolExecutionNotifications"]
    assert (found["associatedRule"], found["level"]) == ({"id": RULE, "index": 0}, "warning")
    assert "Title. Summary." in found["message"]["text"]
    assert unknown["message"]["text"] == "Give --project."


def fingerprint(*links: Link, cause: str = RULE) -> str:
    result = run_of(finding(*links, cause=cause))["results"][0]
    return str(result["partialFingerprints"]["incidentlabEvidence/v1"])


def test_the_fingerprint_outlives_times_numbers_and_lines() -> None:
    one = fingerprint(link(quote="2026-03-02 14:02:11 [77] FATAL: 3d5f2c1a9b7e relation missing", line=4))
    assert one == fingerprint(link(quote="2027-11-30 01:00:00 [9] FATAL: aa11bb22cc33 relation missing", line=900))
    assert one != fingerprint(link(quote="2026-03-02 14:02:11 [77] FATAL: 3d5f2c1a9b7e role missing", line=4))
    assert one != fingerprint(link("other.log", quote="2026-03-02 14:02:11 [77] FATAL: 3d5f2c1a9b7e relation missing"))
    assert one != fingerprint(link(quote="2026-03-02 [77] FATAL: 3d5f relation missing"), cause="port-conflict")


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("logs/app log.txt", "logs/app%20log.txt"),
        ("a:b.log", "a%3Ab.log"),
        ("büro/ä.log", "b%C3%BCro/%C3%A4.log"),
        ("caf\udce9.log", "caf%E9.log"),
        ("/var/log/app.log", "file:///var/log/app.log"),
    ],
)
def test_a_file_is_a_relative_uri_unless_it_lies_elsewhere(valid: Draft4Validator, file: str, uri: str) -> None:
    text = text_of(finding(link(file)))
    valid.validate(json.loads(text))
    artifact = run_of(finding(link(file)))["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"] == uri
    assert ("uriBaseId" in artifact) == (not file.startswith("/"))


def test_a_line_of_a_log_makes_neither_a_link_nor_a_placeholder() -> None:
    hostile = Finding(RULE, "{0} [click](https://evil.example)", "certain", "{x}", (link(),))
    text = run_of(hostile)["results"][0]["message"]["text"]
    assert text == "{{0}} [click] (https://evil.example). {{x}}"


@given(st.text(max_size=200), st.text(alphabet=st.characters(categories=["Cc", "Cs", "Co", "Cf"]), max_size=40))
def test_whatever_a_log_holds_it_stays_a_valid_document_in_utf_8(words: str, strange: str) -> None:
    line = words + strange + "\x1b[31m\u202e\x00</script>" + words
    hostile = Finding(
        RULE, line, "certain", line, (Link(line, "log:a:1", line, 1, line, line, "app.log"),), (Mend("command", line),)
    )
    text = sarif(Diagnosis("incident", line, (hostile,), missing=(line,)), causes.catalogue(), page)
    text.encode("utf-8")
    Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(json.loads(text))
    assert "\\u001b" not in text
