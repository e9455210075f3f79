"""Hand-made accounts of the missing-migrations incident: what a broken and a fixed run on Docker really look like."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from incidentlab.model.diagnosis import Diagnosis, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import ContainerFacts, DatabaseFacts, Evidence, LogEvent
from incidentlab.model.report import Account, Report
from incidentlab.model.run import Check, Moment, Run, Sample
from incidentlab.reports import compose

BROKEN_AT = datetime(2026, 3, 2, 14, 2, 11, 204_000, tzinfo=UTC)
FIXED_AT = datetime(2026, 3, 2, 14, 4, 5, 871_000, tzinfo=UTC)
WRITTEN_AT = datetime(2026, 3, 2, 14, 10, tzinfo=UTC)

_HEAD = """FROM python:3.11-slim
WORKDIR /app
COPY service/requirements.txt service/requirements.txt
RUN pip install --no-cache-dir -r service/requirements.txt
COPY . .
USER taskmanager
EXPOSE 8000
"""
BROKEN_CMD = 'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]'
FIXED_CMD = 'CMD ["sh", "-c", "alembic upgrade head && exec uvicorn main:app --host 0.0.0.0 --port 8000"]'
ERROR = 'sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "tasks" does not exist'
SYMPTOMS = (
    ERROR,
    "LINE 2: FROM tasks",
    "             ^",
    "[SQL: SELECT count(*) AS count_1 FROM tasks]",
    "ERROR:    Application startup failed. Exiting.",
)
PREVENT = (
    "Gate the deployment on `alembic current --check-heads` against the target database.",
    "Run the image against an empty database in CI and wait for `GET /health` to answer 200.",
    "Alert on SQLSTATE 42P01 (undefined table) in the database's log.",
)


def moments(began: datetime, *entries: tuple[float, str, str, str]) -> tuple[Moment, ...]:
    return tuple(
        Moment(began + timedelta(seconds=offset), offset, phase, what, kind)  # type: ignore[arg-type]
        for offset, phase, what, kind in entries
    )


def broken_run() -> Run:
    refused = tuple(
        Sample(1.63 + index * 0.0341, 0.0021, "GET", "/health", None, "connection refused") for index in range(25)
    )
    return Run(
        id="20260302-140211-broken-7c1e",
        scenario="missing-migrations",
        variant="broken",
        engine="docker",
        engine_detail="Docker Engine 20.10.24 at unix:///var/run/docker.sock",
        started_at=BROKEN_AT,
        ended_at=BROKEN_AT + timedelta(seconds=3.114),
        outcome="crash",
        met=True,
        exit_code=3,
        checks=(
            Check("outcome", True, "crash within 30 s", "crash after 0.91 s"),
            Check("app log", True, 'contains: relation "tasks" does not exist', "line 41 of the app log"),
            Check("database revision", True, "none", "none"),
            Check("table tasks", True, "absent", "absent"),
        ),
        symptoms=SYMPTOMS,
        timings={
            "build": 0.212, "database": 1.204, "app": 0.268, "observe": 0.912, "collect": 0.143, "teardown": 0.271,
            "outcome": 0.912, "total": 3.114,
        },
        timeline=moments(
            BROKEN_AT,
            (0.004, "build", "Build the image missing-migrations/broken", "info"),
            (0.006, "database", "Start PostgreSQL 15", "info"),
            (0.216, "build", "Image built: 12 steps, 11 from the cache", "good"),
            (1.210, "database", "PostgreSQL 15.18 answers SELECT 1", "good"),
            (1.222, "app", "Start the app (broken)", "info"),
            (1.491, "observe", "Watch what becomes of it", "info"),
            (2.394, "observe", 'The app\'s log: psycopg.errors.UndefinedTable: relation "tasks" does not exist', "bad"),
            (2.403, "observe", "The app exited with code 3", "bad"),
            (2.408, "collect", "Collect the evidence", "info"),
            (2.843, "teardown", "Remove 2 containers, 1 network, 1 image", "info"),
        ),
        samples=refused,
        dockerfile=_HEAD + BROKEN_CMD + "\n",
        dockerfile_name="scenarios/missing-migrations/Dockerfile.broken",
        versions={"incidentlab": "0.1.0", "python": "3.11.7", "docker": "20.10.24", "postgresql": "15.18"},
    )  # fmt: skip


def fixed_run() -> Run:
    waiting = tuple(
        Sample(1.60 + index * 0.0875, 0.0019, "GET", "/health", None, "connection refused") for index in range(14)
    )
    calls = (("GET", "/health", 200), ("GET", "/tasks", 200), ("POST", "/tasks", 201), ("GET", "/tasks/99", 404))
    served = tuple(
        Sample(2.83 + index * 0.0652, 0.0041 + (index * 37 % 23) / 4000 + (0.031 if index == 19 else 0.0), *call)
        for index, call in ((each, calls[each % 4]) for each in range(48))
    )
    return Run(
        id="20260302-140405-fixed-02ab",
        scenario="missing-migrations",
        variant="fixed",
        engine="docker",
        engine_detail="Docker Engine 20.10.24 at unix:///var/run/docker.sock",
        started_at=FIXED_AT,
        ended_at=FIXED_AT + timedelta(seconds=6.602),
        outcome="healthy",
        met=True,
        exit_code=None,
        checks=(
            Check("outcome", True, "healthy within 30 s", "healthy after 1.37 s"),
            Check("database revision", True, "head: 7d21c0a4e9b5", "7d21c0a4e9b5"),
            Check("table tasks", True, "present", "present"),
            Check("GET /health", True, "200", "200"),
            Check("POST /tasks", True, "201", "201"),
            Check("GET /tasks/1", True, "200", "200"),
            Check("PUT /tasks/1", True, "200", "200"),
            Check("DELETE /tasks/1", True, "204", "204"),
            Check("still healthy after 3 s of use", True, "every request answered as expected",
                  "48 requests, 0 wrong; health 200"),
            Check("no data lost", True, "every row written is there", "12 written, 12 read back, 0 lost"),
        ),
        symptoms=(),
        timings={
            "build": 0.094, "database": 1.188, "app": 0.259, "observe": 1.371, "verify": 3.12, "collect": 0.131,
            "teardown": 0.284, "outcome": 1.371, "total": 6.602,
        },
        timeline=moments(
            FIXED_AT,
            (0.003, "build", "Build the image missing-migrations/fixed", "info"),
            (0.005, "database", "Start PostgreSQL 15", "info"),
            (0.097, "build", "Image built: 12 steps, 11 from the cache", "good"),
            (1.193, "database", "PostgreSQL 15.18 answers SELECT 1", "good"),
            (1.204, "app", "Start the app (fixed)", "info"),
            (1.464, "observe", "Watch what becomes of it", "info"),
            (2.835, "observe", "First healthy answer: GET /health → 200", "good"),
            (2.838, "verify", "Prove it by use", "info"),
            (6.07, "collect", "Collect the evidence", "info"),
            (6.318, "teardown", "Remove 2 containers, 1 network, 1 image", "info"),
        ),
        samples=waiting + served,
        dockerfile=_HEAD + FIXED_CMD + "\n",
        dockerfile_name="scenarios/missing-migrations/Dockerfile.fixed",
        versions={"incidentlab": "0.1.0", "python": "3.11.7", "docker": "20.10.24", "postgresql": "15.18"},
    )  # fmt: skip


def finding() -> Finding:
    run = "20260302-140211-broken-7c1e"
    show = f"incidentlab runs show {run} --evidence"
    return Finding(
        cause="migrations-not-applied",
        title="The migrations were never applied",
        confidence="certain",
        summary=(
            "The image starts the server without `alembic upgrade head`, so the code queries a table "
            "that no migration has created."
        ),
        evidence=(
            Link("The image starts `uvicorn` and nothing that migrates", "image:app", "configuration of the image",
                 13, BROKEN_CMD, "docker image inspect --format '{{json .Config.Cmd}}' incidentlab/broken"),
            Link("The container exited with code 3", "container:app", "state of the container", None,
                 "exited (3), 0.91 s after its start", "docker inspect --format '{{.State.ExitCode}}' app"),
            Link("The database records no revision; the code expects 7d21c0a4e9b5", "database:taskmanager",
                 "database taskmanager", None, "alembic_version: no such table", show),
            Link("The first statement that needs the table fails", "log:app:41", "log of app", 41,
                 ERROR, f"incidentlab runs logs {run} --source app"),
        ),
        mend=(
            Mend("diff", f"--- a/Dockerfile\n+++ b/Dockerfile\n@@ -13 +13 @@\n-{BROKEN_CMD}\n+{FIXED_CMD}\n"),
            Mend("command", "alembic upgrade head", "Apply the migrations by hand: `alembic upgrade head`"),
        ),
        explains=(
            Finding("app-not-healthy", "The health check never answered", "certain",
                    "Nothing listened on port 8000.", ()),
        ),
    )  # fmt: skip


def broken_account() -> Account:
    run = broken_run()
    start = run.started_at + timedelta(seconds=1.490)
    container = ContainerFacts(
        "container:app", "app", "exited", 3, started_at=start, finished_at=start + timedelta(seconds=0.908)
    )
    log = LogEvent(
        "log:app:41", "app", 9, 41, ERROR, at=start + timedelta(seconds=0.904), severity="error",
        exception="sqlalchemy.exc.ProgrammingError", sqlstate="42P01",
    )  # fmt: skip
    evidence = Evidence(logs=(log,), databases=(DatabaseFacts("database:taskmanager", True),), containers=(container,))
    ruled_out = RuledOut(
        "database-not-ready", "The database was not ready", "It answered SELECT 1 before the app was started.",
        "database:taskmanager",
    )  # fmt: skip
    return Account(run, evidence, Diagnosis("incident", "One root cause.", (finding(),), ruled_out=(ruled_out,)))


def fixed_account() -> Account:
    run = fixed_run()
    start = run.started_at + timedelta(seconds=1.462)
    container = ContainerFacts("container:app", "app", "running", health="healthy", started_at=start)
    evidence = Evidence(databases=(DatabaseFacts("database:taskmanager", True),), containers=(container,))
    return Account(run, evidence, Diagnosis("healthy", "No incident was found."))


@pytest.fixture
def broken() -> Account:
    return broken_account()


@pytest.fixture
def fixed() -> Account:
    return fixed_account()


@pytest.fixture
def report() -> Report:
    return compose([broken_account(), fixed_account()], written_at=WRITTEN_AT, prevent=PREVENT)


@pytest.fixture
def hostile_report() -> Callable[[str], Report]:
    """Return a report in every text of which the given line stands."""

    def make(line: str) -> Report:
        account = broken_account()
        moment = replace(account.run.timeline[-4], what=line)
        link = Link(line, "log:app:1", line, 1, line, line)
        found = replace(finding(), title=line, summary=line, evidence=(link,))
        run = replace(
            account.run,
            symptoms=(line, "the line after it"),
            checks=(Check(line, False, line, line),),
            timeline=(*account.run.timeline, moment),
            notes=(line,),
            met=False,
            versions={"python": line},
            samples=(*account.run.samples, Sample(2.5, 0.1, "GET", line, None, line)),
            dockerfile=f"FROM scratch\n# {line}\n",
        )
        bad = Account(run, account.evidence, Diagnosis("incident", line, (found,)))
        return compose([bad, fixed_account()], written_at=WRITTEN_AT, prevent=(line,))

    return make
