"""Start commands that cannot be run, and shells that merely miss a file."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.causes import diagnose
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, evidence, probe, project

find = causes.get("broken-entrypoint").find

_BY_SYSTEM = [
    "/usr/bin/env: \u2018python\\r\u2019: No such file or directory",
    "env: can't execute 'bash\\r': No such file or directory",
    "/app/entrypoint.sh: line 2: $'\\r': command not found",
    "/app/start.sh: 2: set: Illegal option -",
    "/app/start.sh: line 2: set: pipefail: invalid option name",
    "exec /entrypoint.sh: no such file or directory",
    "exec ./run.sh: exec format error",
    "bash: /app/start.sh: cannot execute: required file not found",
    "[FATAL tini (7)] exec ./start.sh failed: Permission denied",
]
_BY_ENGINE = [
    'standard_init_linux.go:211: exec user process caused "no such file or directory"',
    "Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start "
    'container process: exec: "/entrypoint.sh": permission denied: unknown',
    "ERROR: for web  Cannot start service web: OCI runtime create failed: container_linux.go:345: starting "
    "container process "
    'caused "exec: \\"./entrypoint.sh\\": stat ./entrypoint.sh: no such file or directory": unknown',
    'docker: Error response from daemon: OCI runtime create failed: exec: "uvicorn": executable file not found '
    "in $PATH: "
    "unknown.",
    "Error: crun: executable file `uvicorn` not found in $PATH: No such file or directory: OCI runtime attempted "
    "to invoke a "
    "command that was not found",
]
_BY_SHELL = [
    "api-1  | sh: 1: ./start.sh: Permission denied",
    "api-1  | gunicorn: 1: /docker-entrypoint.sh: not found",
    "api-1  | /entrypoint.sh: line 12: alembic: command not found",
    '/entrypoint.sh: 14: Syntax error: end of file unexpected (expecting "fi")',
    "python: can't open file '/app/manage.py': [Errno 2] No such file or directory",
    'npm error Missing script: "start"',
]


@pytest.mark.parametrize("text", _BY_SYSTEM)
@pytest.mark.parametrize("prefix", ["", "web-1  | "])
def test_the_systems_word_is_likely_and_with_the_end_certain(text: str, prefix: str) -> None:
    alone = diagnose(evidence(app_log(prefix + text))).findings
    assert [(one.cause, one.confidence) for one in alone] == [("broken-entrypoint", "likely")]
    ended = find(evidence(app_log(f"{prefix}{text}\nshop-web-1 exited with code 127")))
    assert isinstance(ended, Finding)
    assert (ended.confidence, ended.missing) == ("certain", ())


@pytest.mark.parametrize("text", _BY_ENGINE)
def test_the_engines_word_is_certain_in_a_log_and_in_a_container(text: str) -> None:
    for facts in (app_log(text), container(status="created", error=text)):
        found = find(evidence(facts))
        assert isinstance(found, Finding)
        assert found.confidence == "certain"


@pytest.mark.parametrize("text", _BY_SHELL)
def test_a_shells_word_grows_with_what_follows(text: str) -> None:
    alone, died = find(evidence(app_log(text))), find(evidence(app_log(text), container(exit_code=2)))
    by_code = find(evidence(app_log(text), container(exit_code=127)))
    assert isinstance(alone, Finding)
    assert isinstance(died, Finding)
    assert isinstance(by_code, Finding)
    assert [alone.confidence, died.confidence, by_code.confidence] == ["possible", "likely", "certain"]


@pytest.mark.parametrize("code", [126, 127])
def test_an_exit_code_alone_is_likely(code: int) -> None:
    found = find(evidence(container(exit_code=code)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert str(code) in found.evidence[0].claim
    assert not any("exit code" in one for one in found.missing)  # that is what is known


def test_the_script_with_windows_line_ends_is_named() -> None:
    shipped = project(
        scripts=[("docker/entrypoint.sh", '#!/bin/sh\r\nset -e\r\nexec "$@"\r\n'), ("ok.sh", "#!/bin/sh\n")]
    )
    found = find(evidence(app_log("exec /entrypoint.sh: no such file or directory"), container(exit_code=1), shipped))
    assert isinstance(found, Finding)
    assert [link.source for link in found.evidence][1] == "docker/entrypoint.sh"
    assert found.mend[0].text == "sed -i 's/\\r$//' docker/entrypoint.sh"


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        (
            'exec: "/entrypoint.sh": permission denied',
            "find . -name entrypoint.sh -exec chmod +x {} + -exec git update",
        ),
        ('exec: "./entrypoint.sh": permission denied', "chmod +x ./entrypoint.sh && git update-index --chmod=+x"),
        ("/app/run.sh: line 2: $'\\r': command not found", "find . -name run.sh -exec sed -i 's/\\r$//' {} +"),
        ("exec /app/run.sh: exec format error", "{{.Architecture}}"),
        ('ERROR:    Error loading ASGI app. Could not import module "app.main".', "--entrypoint ls"),
        ("env: can't execute 'bash\\r': No such file or directory", "sed -i"),
    ],
)
def test_the_mend_fits_the_fault(text: str, mend: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert mend in found.mend[0].text


def test_a_server_that_cannot_import_its_program_stays_likely() -> None:
    log = 'app-1  | ERROR:    Error loading ASGI app. Could not import module "backend.main".\napp-1 exited with code 1'
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


@pytest.mark.parametrize(
    "facts",
    [
        (app_log("/entrypoint.sh: line 3: curl: not found\nINFO:     Uvicorn running on http://0.0.0.0:8000"),),
        (app_log("/entrypoint.sh: line 3: curl: not found"), probe(200)),
    ],
    ids=["serves", "probe"],
)
def test_a_script_that_went_on_is_ruled_out(facts: tuple[object, ...]) -> None:
    said = find(evidence(*facts))  # type: ignore[arg-type]  # pytest's parameters have no types
    assert isinstance(said, RuledOut)


@pytest.mark.parametrize(
    "text",
    [
        "postgres-1 | performing post-bootstrap initialization ... sh: locale: not found",
        'OCI runtime exec failed: exec failed: unable to start container process: exec: "bash": executable file '
        "not found in "
        "$PATH: unknown",
        "FileNotFoundError: [Errno 2] No such file or directory: '/data/in.csv'",
        'psycopg2.errors.SyntaxError: syntax error at or near "FROM"',
        "psql: error: could not connect to server: No such file or directory",
        "PermissionError: [Errno 13] Permission denied: '/data'",
        "ModuleNotFoundError: No module named 'stripe'",
        "postgres-1 | /entrypoint.sh: line 3: gosu: not found\n"
        "postgres-1 | 2026-01-01 10:00:00.000 UTC [1] LOG:  database system is ready to accept connections",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None


def test_a_container_that_ended_well_or_otherwise_says_nothing() -> None:
    assert find(evidence(container(exit_code=0, status="exited"))) is None
    assert find(evidence(container(exit_code=1))) is None
    assert find(evidence(container(exit_code=137))) is None


def test_a_command_that_is_not_there_is_looked_for_in_the_image() -> None:
    text = "/usr/local/bin/docker-entrypoint.sh: line 102: exec: alembic: not found"
    dead = dataclasses.replace(container("app-1", exit_code=127), image="shop/app:1")
    found = find(evidence(app_log(text), dead))
    assert isinstance(found, Finding)
    assert "--entrypoint sh shop/app:1 -c 'command -v alembic;" in found.mend[0].text
    assert not any("sed" in mend.text for mend in found.mend)  # no line ends are to blame


_STARTED = """db-1   | CREATE DATABASE
db-1   | 2026-05-02 10:00:01.000 UTC [49] LOG:  database system is ready to accept connections
db-1   | /usr/local/bin/docker-entrypoint.sh: running /docker-entrypoint-initdb.d/1-schema.sql
db-1   | CREATE TABLE"""
_BY_PSQL = 'db-1   | psql:/docker-entrypoint-initdb.d/2-people.sql:31: ERROR:  relation "team" does not exist'
_BY_SERVER = """db-1   | 2026-05-02 10:00:02.000 UTC [58] ERROR:  relation "team" does not exist at character 13
db-1   | 2026-05-02 10:00:02.000 UTC [58] STATEMENT:  insert into team values (1);"""
_SECOND = "db-1   | /usr/local/bin/docker-entrypoint.sh: running /docker-entrypoint-initdb.d/2-people.sql"
_BY_PSQL_ALONE = 'db-1   | ERROR:  relation "team" does not exist'
_NO_NAME = "api-1  | psycopg.OperationalError: failed to resolve host 'db': [Errno -2] Name or service not known"
_SHELL = "db-1   | /usr/local/bin/docker-entrypoint.sh: sourcing /docker-entrypoint-initdb.d/2-people.sh"


@pytest.mark.parametrize(
    ("lines", "confidence"),
    [
        ([_STARTED, _SECOND, _BY_SERVER, _BY_PSQL, "crm-db-1 exited with code 3", _NO_NAME], "certain"),
        ([_STARTED, _SECOND, _BY_PSQL, "db-1 exited with code 1"], "certain"),
        ([_STARTED, _SECOND, _BY_PSQL, _NO_NAME], "likely"),
        ([_BY_PSQL], "likely"),
        ([_BY_PSQL.replace("ERROR", "FEHLER").replace("does not exist", "existiert nicht")], "likely"),
        ([_STARTED, _SHELL, _BY_SERVER, "db-1 exited with code 3", _NO_NAME], "likely"),
        ([_STARTED, _SHELL, _BY_SERVER, _BY_PSQL_ALONE, "db-1 exited with code 3", _NO_NAME], "likely"),
    ],
)
def test_a_script_that_prepares_the_database_and_fails_explains_all_the_rest(lines: list[str], confidence: str) -> None:
    (found,) = diagnose(evidence(app_log("\n".join(lines)))).findings
    assert (found.cause, found.confidence) == ("broken-entrypoint", confidence)
    assert "2-people.s" in found.summary or lines == [_BY_PSQL]
    # Its own statement asks for the table: no request of the service does.
    assert [below.cause for below in found.explains] == (["host-not-found"] if _NO_NAME in lines else [])


_SERVED = 'api-1  | INFO:     10.0.0.1:40 - "GET /people HTTP/1.1" 200 OK'
_RESTARTED = """db-1   | PostgreSQL Database directory appears to contain a database; Skipping initialization
db-1   | 2026-05-02 10:01:01.000 UTC [1] LOG:  database system is ready to accept connections"""
_COMPLETE = """db-1   | PostgreSQL init process complete; ready for start up.
db-1   | 2026-05-02 10:00:09.000 UTC [1] LOG:  database system is ready to accept connections"""


@pytest.mark.parametrize(
    "lines",
    [
        [_STARTED, _SECOND, _BY_SERVER, _BY_PSQL, _COMPLETE, _SERVED],  # an image that goes on
        [_STARTED, _SECOND, _BY_PSQL, _STARTED, _COMPLETE, _SERVED],
        [_STARTED, _SHELL, _BY_SERVER, _COMPLETE, _SERVED],  # a statement that was tried
        [_STARTED, _SECOND, _BY_PSQL.replace("ERROR", "NOTICE"), _COMPLETE, _SERVED],
        [_STARTED, _SECOND, _BY_PSQL, "db-1 exited with code 3", _RESTARTED, _SERVED],  # nobody misses what it was for
    ],
)
def test_a_script_that_was_got_over_is_none(lines: list[str]) -> None:
    assert diagnose(evidence(app_log("\n".join(lines)))).findings == ()


def test_what_a_skipped_script_should_have_made_is_missed_because_of_it() -> None:
    missed = 'api-1  | psycopg.errors.UndefinedTable: relation "team" does not exist'
    lines = [_STARTED, _SECOND, _BY_PSQL, "db-1 exited with code 3", _RESTARTED, missed]
    (found,) = diagnose(evidence(app_log("\n".join(lines)))).findings
    assert (found.cause, [below.cause for below in found.explains]) == ("broken-entrypoint", ["migrations-not-applied"])


_CALLED = "db-1  | /usr/local/bin/docker-entrypoint.sh: line 173: /docker-entrypoint-initdb.d/20-roles.sh: "


@pytest.mark.parametrize(
    ("complaint", "summary", "mend"),
    [
        ("/bin/bash^M: bad interpreter: No such file or directory", "20-roles.sh, which prepares", "sed -i"),
        ("/bin/bash: bad interpreter: Permission denied", "may not be executed by", "chmod a+r,a-x"),
        ("Permission denied", "may not be read or executed", "chmod a+r "),
    ],
)
def test_a_script_that_prepares_the_database_is_the_one_to_mend(complaint: str, summary: str, mend: str) -> None:
    log = f"{_CALLED}{complaint}\ndb-1 exited with code 126"
    found = causes.get("broken-entrypoint").find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert summary in found.summary
    assert mend in found.mend[0].text
    assert "20-roles.sh" in found.mend[0].text
    told = "\n".join(f"{one.text} {one.why}" for one in found.mend)
    assert "docker-entrypoint.sh" not in told
    assert "docker compose down --volumes" in told
    assert "build the image" not in told


def test_a_script_that_another_one_calls_is_the_one_to_mend() -> None:
    log = "api-1  | /entrypoint.sh: line 4: ./wait-for-it.sh: Permission denied\napi-1 exited with code 126"
    found = causes.get("broken-entrypoint").find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert "chmod +x ./wait-for-it.sh" in found.mend[0].text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (r"Unknown command: 'migrate\r'. Did you mean migrate?", "migrate"),
        (r"FAILED: Can't locate revision identified by 'head\r'", "head"),
        (r"Error: No such command 'upgrade\r'.", "upgrade"),
        (r"manage.py migrate: error: unrecognized arguments: --noinput\r", "--noinput"),
        (r"alembic: error: argument {upgrade,stamp}: invalid choice: 'upgrade\r' (choose from 'upgrade')", "upgrade"),
        ("Don't know how to build task 'db:migrate^M' (See the list of available tasks)", "db:migrate"),
    ],
)
def test_the_last_word_of_a_line_with_a_carriage_return_tells_of_the_scripts_line_ends(text: str, word: str) -> None:
    diagnosis = diagnose(evidence(app_log(f"web-1  | {text}\nweb-1  | Listening on http://0.0.0.0:8000")))
    assert [one.cause for one in diagnosis.findings] == ["broken-entrypoint"]
    assert f"that {word}, the last word" in diagnosis.findings[0].summary
    assert "find . -name '*.sh'" in diagnosis.findings[0].mend[0].text


@pytest.mark.parametrize(
    "text",
    [
        "Unknown command: 'migrat'. Did you mean migrate?",
        r"ERROR invalid row 'alice\r' in upload.csv",
        r"FAILED: Can't locate revision identified by '8a1be4c33f02'",
    ],
)
def test_a_wrong_word_or_a_carriage_return_elsewhere_is_no_scripts_line_end(text: str) -> None:
    assert find(evidence(app_log(text))) is None
