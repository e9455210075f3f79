"""The judgement over all rules: order, what hangs beneath, health, and what would have to be known."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab import causes
from incidentlab.causes import diagnose
from incidentlab.causes._judge import judge
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding
from incidentlab.model.evidence import Evidence, ProjectFacts
from incidentlab.testing import app_log, container, database, database_log, evidence, image, probe, project

SERVING = "INFO:     Application startup complete.\nINFO:     Uvicorn running on http://0.0.0.0:8000"
FIXED = (
    app_log(SERVING + '\nINFO:     127.0.0.1:1 - "POST /tasks HTTP/1.1" 422 Unprocessable Content'),
    image("sh", "-c", "alembic upgrade head && exec uvicorn main:app"),
    container(health="healthy"),
    database(["rev1"], tables=["public.tasks"]),
    project("tasks"),
    probe(),
)


def cause(name: str, confidence: Confidence | None, explains: tuple[str, ...] = ()) -> Cause:
    finding = Finding(name, name, confidence, name, ()) if confidence else None
    model = causes.get("port-conflict")
    return dataclasses.replace(model, id=name, find=lambda _: finding, explains=explains)


@pytest.mark.parametrize(
    ("given", "asked"), [((), True), ((project("tasks"),), False)], ids=["a log alone", "with the code"]
)
def test_nobody_is_asked_for_what_was_given(given: tuple[ProjectFacts, ...], asked: bool) -> None:
    text = "INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\nCan't locate revision identified by '9f1c'"
    found = diagnose(evidence(app_log(text), *given))
    assert any("--project" in one for one in found.missing) is asked
    assert any("--project" in one for one in found.findings[0].missing) is asked


def test_a_schema_of_an_unknown_revision_is_not_called_an_older_one() -> None:
    asked = database(["f4b8"], tables=["public.tasks"])
    text = "psycopg.errors.UndefinedColumn: column tasks.due_date does not exist"
    (found,) = diagnose(evidence(app_log(text), asked, project("tasks"))).findings
    assert (found.cause, found.explains) == ("unknown-revision", ())
    assert any("due_date" in link.quote for link in found.evidence)


RESTARTED = (
    "db-1   | 2026-05-25 19:02:10.441 UTC [1] LOG:  received fast shutdown request\n"
    "db-1   | 2026-05-25 19:02:10.452 UTC [61] FATAL:  terminating connection due to administrator command\n"
    "db-1   | 2026-05-25 19:02:10.531 UTC [1] LOG:  database system is shut down\n"
)
LOST = (
    "api-1  | fail: Microsoft.EntityFrameworkCore.Query[10100]\n"
    "api-1  |       Npgsql.PostgresException (0x80004005): 57P01: terminating connection due to administrator command\n"
)
AGAIN = "api-1  | HTTP GET /api/user responded 200 in 41.9020 ms"
MADE = (
    '16:31:53 21530 ERROR 2026-06-19 16:31:51.463 CEST [21801] ERROR:  database "postgres" already exists\n'
    "16:31:53 21530 ERROR 2026-06-19 16:31:51.463 CEST [21801] STATEMENT:  CREATE DATABASE postgres\n"
)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (f"api-1  | GET /a HTTP/1.1 200\n{RESTARTED}", "healthy"),
        (RESTARTED + LOST + AGAIN, "healthy"),
        (RESTARTED + LOST, "inconclusive"),
        (RESTARTED.partition("\n")[2] + AGAIN, "inconclusive"),
        (f"{MADE}16:31:53 21530 INFO  Postgres is now serving PGDATA", "healthy"),
        (MADE, "inconclusive"),
    ],
    ids=["stopped", "restarted", "and then?", "not by order", "made before", "nothing more"],
)
def test_what_is_as_somebody_meant_it(text: str, verdict: str) -> None:
    assert diagnose(evidence(app_log(text))).verdict == verdict


def test_a_fixed_run_is_healthy_and_says_what_was_ruled_out() -> None:
    diagnosis = diagnose(evidence(*FIXED))
    assert diagnosis.verdict == "healthy"
    assert diagnosis.findings == ()
    assert [one.cause for one in diagnosis.ruled_out] == ["migrations-not-applied"]
    assert diagnosis.summary.startswith("No incident found.")


@pytest.mark.parametrize(
    "worse",
    [
        container(exit_code=0, status="exited"),
        container("incidentlab-test-other", exit_code=137),
        database(["rev0"], tables=["public.tasks"]),
        database(reachable=False),
        app_log(SERVING + "\nERROR:    Exception in ASGI application", source="other"),
        probe(503),
    ],
    ids=["gone", "killed", "behind", "no database", "an error while serving", "an error's answer"],
)
def test_health_takes_every_fact(worse: object) -> None:
    kept = [fact for fact in FIXED if type(fact) is not type(worse) or isinstance(worse, tuple)]
    if not isinstance(worse, tuple):
        kept = [fact for fact in kept if type(fact).__name__ not in ("ContainerFacts", "ProbeFacts")]
    assert diagnose(evidence(*kept, worse)).verdict != "healthy"  # type: ignore[arg-type]  # any fact


def test_noise_before_the_service_came_up_does_not_speak_against_its_health() -> None:
    log = app_log("psycopg.OperationalError: connection failed: Connection refused\n" + SERVING)
    diagnosis = diagnose(evidence(log, *FIXED[1:]))
    assert diagnosis.verdict == "healthy"
    assert [one.cause for one in diagnosis.ruled_out] == ["database-not-ready", "migrations-not-applied"]


def test_a_log_in_which_a_service_serves_is_healthy() -> None:
    assert diagnose(evidence(app_log(SERVING))).verdict == "healthy"


_AT = "2026-06-02 07:00:00.000 UTC [41]"
_ROUTINE = f"{_AT} LOG:  checkpoint starting: time\n{_AT} LOG:  checkpoint complete: wrote 3 buffers (0.0%)"


@pytest.mark.parametrize(
    "turned_away",
    [
        "LOG:  invalid length of startup packet",
        "FATAL:  no PostgreSQL user name specified in startup packet",
        "FATAL:  unsupported frontend protocol 16.0: server supports 2.0 to 3.0",
        "FATAL:  unsupported frontend protocol 1234.5680: server supports 2.0 to 3.0",
        "FATAL:  invalid startup packet layout: expected terminator as last byte",
    ],
)
def test_a_stranger_at_the_servers_door_is_no_trouble(turned_away: str) -> None:
    knocked = f"{_AT} {turned_away}"
    assert diagnose(evidence(app_log(f"{_ROUTINE}\n{knocked}"))).verdict == "healthy"
    beside = "\n".join(f"api-1  | {line}" for line in SERVING.split("\n"))
    assert diagnose(evidence(app_log(f"{beside}\ndb-1   | {knocked}"))).verdict == "healthy"
    # A stranger tells nothing of the service, and a program that is turned away for its protocol is none.
    assert diagnose(evidence(app_log(knocked))).verdict == "inconclusive"


@pytest.mark.parametrize(
    "further",
    [
        "LOG:  received fast shutdown request",
        "LOG:  database system was interrupted; last known up at 2026-06-02 06:59:00 UTC",
        "LOG:  server process (PID 77) was terminated by signal 11: Segmentation fault",
        "FATAL:  unsupported frontend protocol 3.9: server supports 3.0 to 3.0",
        "ERROR:  cache lookup failed for type 4711",
    ],
)
def test_a_server_that_was_at_work_is_not_called_well_after_that(further: str) -> None:
    assert diagnose(evidence(app_log(f"{_ROUTINE}\n{_AT} {further}"))).verdict == "inconclusive"


def test_an_error_that_nobody_explains_is_named_and_nothing_is_guessed() -> None:
    diagnosis = diagnose(evidence(app_log(SERVING + "\nERROR: the moon is full")))
    assert diagnosis.verdict == "inconclusive"
    assert any("line 3" in one and "the moon is full" in one for one in diagnosis.missing)


def test_nothing_at_all_is_inconclusive_and_says_what_to_give() -> None:
    diagnosis = diagnose(Evidence())
    assert (diagnosis.verdict, diagnosis.findings) == ("inconclusive", ())
    assert len(diagnosis.missing) == 4


def test_roots_come_first_and_what_they_explain_hangs_beneath_them() -> None:
    rules = {
        "a": cause("a", "likely"),
        "b": cause("b", "certain"),
        "c": cause("c", "certain", ("a", "d")),
        "d": cause("d", "certain", ("a",)),
        "e": cause("e", "possible", ("b",)),
        "f": cause("f", None, ("b",)),
    }
    roots = judge(Evidence(), rules).findings
    assert [root.cause for root in roots] == ["b", "c", "e"]
    assert [child.cause for child in roots[1].explains] == ["d", "a"]


def test_causes_that_explain_each_other_do_not_make_each_other_vanish() -> None:
    rules = {"a": cause("a", "likely", ("b",)), "b": cause("b", "likely", ("a",))}
    (root,) = judge(Evidence(), rules).findings
    assert [child.cause for child in root.explains] in (["a"], ["b"])


def test_a_rule_that_fails_is_named_and_hides_nothing() -> None:
    def fail(_: Evidence) -> Finding:
        raise KeyError("oops")

    broken = dataclasses.replace(causes.get("port-conflict"), id="broken", find=fail)
    diagnosis = judge(Evidence(), {"broken": broken, "z": cause("z", "likely")})
    assert [one.cause for one in diagnosis.findings] == ["z"]
    assert any("broken" in one and "KeyError" in one for one in diagnosis.missing)
    assert judge(evidence(*FIXED), {"broken": broken}).verdict == "inconclusive"


def test_what_could_not_be_read_is_passed_on() -> None:
    assert "The socket was closed." in diagnose(evidence(unread=["The socket was closed."])).missing


_LINES = st.lists(
    st.sampled_from(
        [
            "psycopg.OperationalError: connection failed: Connection refused",
            'psycopg.errors.UndefinedTable: relation "tasks" does not exist',
            "[SQL: SELECT 1]",
            "ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
            "INFO:     Uvicorn running on http://0.0.0.0:8000",
            "ERROR:    Application startup failed. Exiting.",
            "INFO  [alembic.runtime.migration] Running upgrade  -> rev1, x",
            "2026-01-01 10:00:00.000 UTC [1] LOG:  database system is ready to accept connections",
            "2026-01-01 10:00:02.000 UTC [1] LOG:  received fast shutdown request",
            "2026-01-01 10:00:01Z the database system is starting up",
            'INFO: "GET / HTTP/1.1" 200 OK',
            "",
        ]
    )
    | st.text(max_size=40),
    max_size=14,
)
_FACTS = st.lists(
    st.sampled_from(
        [
            *FIXED,
            database(),
            database(reachable=False),
            container(exit_code=1),
            container(status="created", error="Bind for 0.0.0.0:8000 failed: port is already allocated"),
            project("notes"),
            image("uvicorn", "main:app"),
            probe(None),
        ]
    ),
    max_size=6,
)


@given(_LINES, _LINES, _FACTS)
def test_every_rule_holds_up_on_any_facts_and_says_the_same_twice(
    app: list[str], server: list[str], facts: list[object]
) -> None:
    found = evidence(app_log("\n".join(app)), database_log("\n".join(server)), *facts)  # type: ignore[arg-type]
    for rule in causes.catalogue().values():
        rule.find(found)  # raises if it must: the judge would only note it
    diagnosis = diagnose(found)
    assert diagnosis == diagnose(found)
    assert (diagnosis.verdict == "incident") is bool(diagnosis.findings)
    known = {event.id for event in found.logs} | {
        one.id
        for part in (found.databases, found.images, found.containers, found.projects, found.probes)
        for one in part
    }
    for finding in diagnosis.findings:
        assert finding.evidence
        assert {link.fact for link in finding.evidence} <= known
        assert finding.mend
    assert {one.fact for one in diagnosis.ruled_out} <= known


CRASHED = """INFO:     Started server process [1]
INFO:     Waiting for application startup.
ERROR:    the cache is cold
ERROR:    Application startup failed. Exiting.
"""


def test_what_ended_an_earlier_life_of_a_healthy_service_is_over() -> None:
    log = CRASHED * 3 + f"INFO:     Started server process [1]\n{SERVING}"
    assert diagnose(evidence(app_log(log), container(health="healthy"))).verdict == "healthy"


def test_a_server_process_that_only_started_serves_nobody() -> None:
    assert diagnose(evidence(app_log(CRASHED + "INFO:     Started server process [1]"))).verdict == "inconclusive"
    hangs = "INFO:     Started server process [1]\nINFO:     Waiting for application startup."
    assert diagnose(evidence(app_log(hangs))).verdict == "inconclusive"


def test_an_error_that_comes_again_is_asked_about_once_at_its_first_line() -> None:
    missing = diagnose(evidence(app_log("ERROR:    one\nERROR:    two\n" * 3))).missing
    assert [sentence[:35] for sentence in missing if "known cause" in sentence] == [
        "No known cause explains line 1 of t",
        "No known cause explains line 2 of t",
    ]


CRASH = "2026-06-02 07:01:00.000 UTC [1] LOG:  server process (PID 80) was terminated by signal 11: Segmentation fault"
ABROAD = "2026-06-02 07:01:00.000 UTC [1] LOG:  Serverprozess (PID 80) wurde von Signal 7 beendet: Bus-Zugriffsfehler"
BACK = "2026-06-02 07:01:04.000 UTC [1] LOG:  database system is ready to accept connections"


@pytest.mark.parametrize("crash", [CRASH, ABROAD], ids=["english", "german"])
def test_a_server_that_crashed_of_itself_is_named_and_nothing_is_well(crash: str) -> None:
    found = diagnose(evidence(app_log(SERVING), database_log(f"{BACK}\n{crash}")))
    assert found.verdict == "inconclusive"
    assert any("line 2 of the log of database" in wanted and "(PID 80)" in wanted for wanted in found.missing)
    recovered = diagnose(evidence(app_log(SERVING), database_log(f"{crash}\n{BACK}")))
    assert not any("(PID 80)" in wanted for wanted in recovered.missing)


@pytest.mark.parametrize(
    "line",
    [
        'LOG:  background worker "logical replication launcher" (PID 33) exited with exit code 1',
        "LOG:  server process (PID 33) was terminated by signal 15: Terminated",
    ],
)
def test_a_process_that_was_asked_to_end_is_no_crash(line: str) -> None:
    found = diagnose(evidence(app_log(SERVING), database_log(f"{BACK}\n2026-06-02 07:01:00.000 UTC [1] {line}")))
    assert found.verdict == "healthy"


def test_a_complaint_that_nobody_calls_an_error_is_named_once() -> None:
    tries = [f"INFO cache: Connection failed, retrying in {n} s (Error 111 connecting to cache:6379)" for n in (1, 2)]
    text = "\n".join(line.removeprefix("INFO ") for line in tries)
    missing = diagnose(evidence(app_log(text))).missing
    told = [wanted for wanted in missing if "complaint" in wanted]
    assert told == [f"No known cause explains a complaint, line 2 of the log of app: {text.splitlines()[1]}"]


def test_of_a_stack_without_its_head_the_deepest_exception_is_named() -> None:
    text = (
        "\tat org.acme.Beans.make(Beans.java:5)\n\tat org.acme.Main.main(Main.java:1)\n"
        f"Caused by: org.acme.BeanException: {'Cannot make bean of bean; ' * 12}nested: the pool is closed\n\t... 9"
    )
    (told,) = (one for one in diagnose(evidence(app_log(text))).missing if one.startswith("No known cause"))
    assert "line 3 of the log of app: Caused by: org.acme.BeanException" in told
    assert told.endswith("the pool is closed")


def test_a_servers_restart_in_another_language_is_over_as_well() -> None:
    text = """db-1   | 2026-01-05 09:00:00.140 CET [1] LOG:  Datenbanksystem ist heruntergefahren
db-1   | 2026-01-05 09:00:04.433 CET [12] FATAL:  das Datenbanksystem startet
api-1  | 2026-01-05 09:00:04,440 WARN  [db] not connected, again in 500 ms: FATAL: das Datenbanksystem startet
db-1   | 2026-01-05 09:00:04.600 CET [1] LOG:  Datenbanksystem ist bereit, um Verbindungen anzunehmen
"""
    assert diagnose(evidence(app_log(text))).verdict != "healthy"
    assert diagnose(evidence(app_log(f"{text}api-1  | 2026-01-05 09:00:09,118 INFO GET /a 200"))).verdict == "healthy"


def test_the_temporary_server_of_a_set_up_is_not_what_serves_and_a_cut_line_says_so() -> None:
    set_up = "\n".join(
        f"db_1   | {line}" for line in (f"{_AT} LOG:  starting PostgreSQL 16.2", "server started", "CREATE DATABASE")
    )
    words = f"shop_1 | Uvicorn running on http://0.0.0.0:8000 {'and on every other address ' * 8}"
    found = diagnose(evidence(app_log(f"{set_up}\n{words}")))
    assert (found.verdict, "line 4: Uvicorn running on" in found.summary) == ("healthy", True)
    assert found.summary.endswith(" …")
    assert diagnose(evidence(app_log("server started"))).verdict == "healthy"
