"""Commands of the product, the machine and the role that a log shows, and nothing that it does not name."""

import pytest

from incidentlab import causes
from incidentlab.causes import diagnose
from incidentlab.model.diagnosis import Finding
from incidentlab.testing import app_log, evidence

NO_TABLE = '(psycopg2.errors.UndefinedTable) relation "{}" does not exist'
TRACE = """Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/{package}/store.py", line 9, in load
    return session.query(Thing)
  File "/usr/lib/python3/site-packages/sqlalchemy/engine/default.py", line 924, in do_execute
    cursor.execute(statement, parameters)
psycopg2.errors.UndefinedTable: relation "things" does not exist"""
JOURNAL = """Mar 03 08:00:01 host1 shop-api[811]: psycopg.OperationalError: connection to server at "{host}", \
port 5432 failed: FATAL:  password authentication failed for user "shop"
Mar 03 08:00:01 host1 systemd[1]: {unit}.service: Main process exited, code=exited, status=1/FAILURE"""


def _mends(log: str, name: str) -> str:
    found = causes.get(name).find(evidence(app_log(log)))
    assert isinstance(found, Finding), log
    return "\n".join(mend.text for mend in found.mend)


@pytest.mark.parametrize(
    ("log", "wanted"),
    [
        (f"ERROR:superset.app:Failed to create app: {NO_TABLE.format('themes')}", "superset db upgrade"),
        (f"superset_worker  | starting\nsuperset_worker  | ERROR: {NO_TABLE.format('logs')}", "superset db upgrade"),
        (TRACE.format(package="superset"), "superset db upgrade"),
        (TRACE.format(package="airflow"), "airflow db migrate"),
        (f"airflow-triggerer-1  | sqlalchemy.exc.ProgrammingError: {NO_TABLE.format('trigger')}", "airflow db migrate"),
        ("INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\n"
         f"ERROR [airflow.models.dagbag] {NO_TABLE.format('dag')}", "airflow db migrate"),
    ],
)  # fmt: skip
def test_a_product_is_migrated_by_its_own_command(log: str, wanted: str) -> None:
    assert wanted in _mends(log, "migrations-not-applied")


@pytest.mark.parametrize(
    "log",
    [
        TRACE.format(package="hotel"),
        f"web-1  | sqlalchemy.exc.ProgrammingError: {NO_TABLE.format('airflow')}",  # what a ventilation measures
        f"GET https://superset.utils.example/health\nsqlalchemy.exc.ProgrammingError: {NO_TABLE.format('shops')}",
        "web-1  | INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\nairflow-worker-1  | up\n"
        f"web-1  | sqlalchemy.exc.ProgrammingError: {NO_TABLE.format('shops')}",
    ],
)
def test_what_only_sounds_like_a_product_is_migrated_by_alembic(log: str) -> None:
    assert "alembic upgrade head" in _mends(log, "migrations-not-applied")


def test_the_role_is_taken_from_the_servers_line_where_the_client_names_none() -> None:
    client = "web-1  | asyncpg.exceptions.InvalidPasswordError: login not accepted"
    server = 'db-1   | 2026-01-01 10:00:0{} UTC [55] FATAL:  password authentication failed for user "{}"'
    one = "\n".join((server.format(1, "wiki"), client))
    two = "\n".join((server.format(1, "wiki"), server.format(2, "shop"), client))
    assert "password wiki" in _mends(one, "bad-credentials")
    assert "password ROLE" in _mends(two, "bad-credentials")


@pytest.mark.parametrize("role", ["»wiki«", "« wiki »", '"wiki"'])
def test_a_role_in_a_servers_other_language_is_in_the_command(role: str) -> None:
    said = {"»wiki«": "Passwort-Authentifizierung für Benutzer »wiki« fehlgeschlagen",
            "« wiki »": "authentification par mot de passe échouée pour l'utilisateur « wiki »",
            '"wiki"': 'password authentication failed for user "wiki"'}  # fmt: skip
    server = f"db-1  | 2026-01-01 10:00:01 UTC [55] FATAL:  {said[role]}"
    client = f"web-1  | asyncpg.exceptions.InvalidPasswordError: {said[role]}"
    assert "password wiki" in _mends(f"{server}\n{client}", "bad-credentials")
    assert "password wiki" in _mends(client, "bad-credentials")


def test_a_container_that_no_line_names_is_in_no_command() -> None:
    absent = 'error: database "tickets" does not exist'
    assert "docker exec DB_CONTAINER " in _mends(absent, "database-missing")
    called = f'psycopg.OperationalError: connection to server at "pg", port 5432 failed: FATAL: {absent[7:]}'
    assert "docker exec pg " in _mends(called, "database-missing")
    spoke = f"store-1  | 2026-01-01 10:00:01 UTC [55] FATAL:  {absent[7:]}\nweb-1  | {absent}"
    assert "docker compose exec store " in _mends(spoke, "database-missing")


def test_a_machines_journal_gets_the_machines_commands() -> None:
    mends = _mends(JOURNAL.format(host="127.0.0.1", unit="shop-api"), "bad-credentials")
    assert "docker" not in mends
    assert "systemctl show shop-api " in mends
    assert 'sudo -u postgres psql -d postgres -c "\\password shop"' in mends
    assert "systemctl show UNIT " in _mends(JOURNAL.format(host="127.0.0.1", unit="shop"), "bad-credentials")


def test_a_server_elsewhere_or_a_journal_of_containers_is_not_the_machines() -> None:
    assert "sudo" not in _mends(JOURNAL.format(host="10.0.0.9", unit="shop-api"), "bad-credentials")
    docker = "Mar 03 08:00:02 host1 dockerd[600]: shim disconnected"
    assert "docker" in _mends(f"{JOURNAL.format(host='127.0.0.1', unit='docker')}\n{docker}", "bad-credentials")


@pytest.mark.parametrize(
    ("symptom", "cause"),
    [
        ('could not translate host name "db" to address: Name or service not known', "host-not-found"),
        ('connection to server at "db" (172.18.0.2), port 5432 failed: Connection refused', "database-not-ready"),
    ],
)
def test_what_a_root_cause_explains_is_cited_at_its_own_line(symptom: str, cause: str) -> None:
    log = f"""db-1   | Error: Database is uninitialized and superuser password is not specified.
db-1   |        You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.
db-1 exited with code 1
web-1  | psycopg2.OperationalError: {symptom}
web-1 exited with code 1"""
    (root,) = diagnose(evidence(app_log(log))).findings
    assert [one.cause for one in root.explains] == [cause]
    assert root.explains[0].evidence[0].line == 4
