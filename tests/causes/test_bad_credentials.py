"""Logins that were refused, and those that a health check tried in vain while all was well."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.causes import diagnose
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.evidence import ImageFacts
from incidentlab.testing import app_log, container, database, database_log, evidence, probe

find = causes.get("bad-credentials").find
AT = "2026-01-01 10:00:0{n}.000 UTC [7{n}] "
WRONG = (
    'connection to server at "db" (172.18.0.2), port 5432 failed: FATAL:  password authentication failed for user "app"'
)

_CLIENTS = [
    f"psycopg2.OperationalError: {WRONG}",
    'asyncpg.exceptions.InvalidPasswordError: password authentication failed for user "app"',
    'error: password authentication failed for user "app"\n    at Parser.parseErrorMessage (/app/parser.js:287:98) {\n'
    "  severity: 'FATAL',\n  code: '28P01',",
    'org.postgresql.util.PSQLException: FATAL: password authentication failed for user "app"',
    'pq: password authentication failed for user "app"',
    '** (Postgrex.Error) FATAL 28P01 (invalid_password) password authentication failed for user "app"',
    "Error: P1000: Authentication failed against database server at `db`, the provided database credentials for "
    "`app` are "
    "not valid.",
    'psql: error: connection to server on socket "/run/postgresql/.s.PGSQL.5432" failed: FATAL:  Peer authentication '
    'failed for user "app"',
    'connection to server at "db" (172.18.0.2), port 5432 failed: fe_sendauth: no password supplied',
    "The server requested SCRAM-based authentication, but no password was provided.",
    'server error (FATAL: role \\"app\\" does not exist (SQLSTATE 28000))',
    'psycopg2.OperationalError: FATAL:  role "app" does not exist',
    "psycopg2.OperationalError: FATAL:  no such user: app",
]


@pytest.mark.parametrize("text", _CLIENTS)
@pytest.mark.parametrize("prefix", ["", "web-1  | "])
def test_a_clients_word_is_likely(text: str, prefix: str) -> None:
    log = "\n".join(prefix + line for line in text.split("\n"))
    diagnosis = diagnose(evidence(app_log(log)))
    assert [(one.cause, one.confidence) for one in diagnosis.findings] == [("bad-credentials", "likely")]


def test_the_server_and_the_client_together_are_certain() -> None:
    log = """db-1   | PostgreSQL Database directory appears to contain a database; Skipping initialization
db-1   | 2026-01-01 10:00:01.000 UTC [1] LOG:  database system is ready to accept connections
db-1   | 2026-01-01 10:00:03.000 UTC [55] FATAL:  password authentication failed for user "app"
web-1  | asyncpg.exceptions.InvalidPasswordError: password authentication failed for user "app"
web-1  | ERROR:    Application startup failed. Exiting."""
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert "earlier start" in found.summary
    assert [link.line for link in found.evidence] == [4, 3, 1, 5]


def test_a_message_in_french_counts_by_its_sqlstate() -> None:
    said = "FATAL:  authentification par mot de passe échouée pour l'utilisateur « app »"
    found = find(evidence(app_log(f"Error: {said}, code: '28P01'")))
    assert isinstance(found, Finding)


def test_the_database_itself_may_say_so() -> None:
    refused = dataclasses.replace(database(reachable=False), error=WRONG, sqlstate="28P01")
    alone = find(evidence(refused))
    both = find(evidence(refused, app_log(_CLIENTS[0])))
    assert isinstance(alone, Finding)
    assert isinstance(both, Finding)
    assert (alone.confidence, both.confidence) == ("likely", "certain")


def test_a_missing_role_after_a_failed_init_script_hangs_beneath_it() -> None:
    log = """db-1  | /usr/local/bin/docker-entrypoint.sh: line 170: /docker-entrypoint-initdb.d/1.sh: Permission denied
db-1 exited with code 126
api-1 | psycopg2.OperationalError: FATAL:  role "app" does not exist"""
    (root,) = diagnose(evidence(app_log(log))).findings
    assert root.cause == "broken-entrypoint"
    assert [one.cause for one in root.explains] == ["bad-credentials"]


SERVES = 'web-1  | INFO:  1.2.3.4:5 - "GET / HTTP/1.1" 200 OK'
NOISE = 'db-1   | 2026-01-01 10:00:0{n}.000 UTC [7{n}] FATAL:  role "root" does not exist'


def test_a_health_check_that_asks_as_root_harms_nobody() -> None:
    log = "\n".join((NOISE.format(n=1), SERVES, NOISE.format(n=2), SERVES))
    said = find(evidence(app_log(log)))
    assert isinstance(said, RuledOut)
    assert said.fact == "log:app:4"
    assert diagnose(evidence(app_log(log))).verdict == "healthy"


def test_only_the_servers_word_of_a_missing_role_is_possible() -> None:
    found = find(evidence(database_log('2026-01-01 10:00:01.000 UTC [9] FATAL:  role "shop" does not exist')))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"


def test_a_role_root_of_which_only_the_server_speaks_is_a_health_check() -> None:
    said = find(evidence(database_log('2026-01-01 10:00:01.000 UTC [9] FATAL:  role "root" does not exist')))
    assert isinstance(said, RuledOut)


def test_a_login_that_worked_afterwards_is_ruled_out() -> None:
    log = f"{_CLIENTS[0]}\nINFO  [alembic.runtime.migration] Running upgrade  -> a, b"
    assert isinstance(find(evidence(app_log(log))), RuledOut)
    assert isinstance(find(evidence(app_log(_CLIENTS[0]), probe(200))), RuledOut)


def test_success_before_a_refusal_settles_nothing() -> None:
    log = f"INFO:     Uvicorn running on http://0.0.0.0:8000\n{_CLIENTS[0]}"
    assert isinstance(find(evidence(app_log(log))), Finding)


@pytest.mark.parametrize(
    "text",
    [
        'psycopg2.errors.UndefinedObject: role "reader" does not exist\n[SQL: GRANT SELECT ON tasks TO reader]',
        '2026-01-01 10:00:00.000 UTC [9] ERROR:  role "reader" does not exist',
        'FATAL:  no pg_hba.conf entry for host "10.0.0.7", user "app", database "app", no encryption',
        'psycopg2.OperationalError: FATAL:  database "app" does not exist',
        "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://example.com",
        'FATAL:  password authentication failed for user "None"',
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None


def test_the_commands_name_the_containers_and_the_superuser_that_there_are() -> None:
    web = dataclasses.replace(container("shop_web_1", exit_code=3), id="container:web", service="web")
    db = dataclasses.replace(container("shop_db_1"), id="container:db", service="db", image="postgres:15")
    made = ImageFacts("image:db", "postgres:15", env={"POSTGRES_USER": "shop"}, service="db")
    told = tuple(dataclasses.replace(event, service="web") for event in app_log(_CLIENTS[0]))
    facts = dataclasses.replace(evidence(told, web, db), images=(made,))
    found = find(facts)
    assert isinstance(found, Finding)
    shown = [mend.text for mend in found.mend]
    assert shown[0].startswith("docker inspect")  # docker exec fails where the container has ended
    assert " shop_web_1 |" in shown[0]
    assert "docker exec -it shop_db_1 psql -U shop " in shown[1]


def test_a_look_that_was_refused_names_the_user() -> None:
    error = 'connection to server failed: FATAL:  password authentication failed for user "shop"'
    found = find(evidence(dataclasses.replace(database(reachable=False), user=None, error=error, sqlstate="28P01")))
    assert isinstance(found, Finding)
    assert "password shop" in found.mend[1].text


_REFUSED = """api-1  | psycopg.OperationalError: FATAL:  password authentication failed for user "ann"
db-1   | 2026-01-01 10:00:01.000 UTC [9] FATAL:  password authentication failed for user "ann"
db-1   | 2026-01-01 10:00:01.000 UTC [9] DETAIL:  {detail}
db-1   | \tConnection matched file "/var/lib/postgresql/data/pg_hba.conf" line 128: "host all all all scram-sha-256"
api-1 exited with code 1"""


@pytest.mark.parametrize(
    ("detail", "confidence", "summary", "mend"),
    [
        ('Role "ann" does not exist.', "likely", "has no role ann", "createuser"),
        ('User "ann" has no password assigned.', "certain", "ann has no password", "password ann"),
        ('User "ann" has an expired password.', "certain", "ann has expired", "VALID UNTIL"),
        ('Password does not match for user "ann".', "certain", "refuses the user ann", "password ann"),
        ('Role "bob" does not match.', "certain", "refuses the user ann", "password ann"),
    ],
)
def test_the_servers_log_alone_knows_why(detail: str, confidence: str, summary: str, mend: str) -> None:
    found = find(evidence(app_log(_REFUSED.format(detail=detail))))
    assert isinstance(found, Finding)
    assert (found.confidence, summary in found.summary) == (confidence, True)
    assert mend in found.mend[1].text
    assert any(link.quote.endswith(detail) for link in found.evidence) is ("match." not in detail)
    assert not any("server's log" in one for one in found.missing)  # it is there


def test_a_server_of_another_language_says_why_too() -> None:
    log = """2026-01-01 10:00:01 CET [9] FATAL:  authentification par mot de passe échouée pour l'utilisateur « ann »
2026-01-01 10:00:01 CET [9] DÉTAIL:  Le rôle « ann » n'existe pas."""
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert (found.confidence, found.summary) == ("likely", "The server has no role ann.")


@pytest.mark.parametrize("name", ["$(reboot)", "a;b", "a'b", "a`b`"])
def test_a_name_that_a_shell_would_read_otherwise_is_in_no_command(name: str) -> None:
    log = f'FATAL:  password authentication failed for user "{name}"'
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert not any(name in mend.text for mend in found.mend)


def test_commands_call_services_as_a_log_names_them() -> None:
    log = (
        _REFUSED.format(detail='Role "ann" does not exist.').replace("db-1 ", "shop-pg-1 ").replace("api-1 ", "shop-1 ")
    )
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    look, create = found.mend[0].text, found.mend[1].text
    assert "$(docker compose ps --all --quiet shop)" in look
    assert create.startswith('docker compose exec shop-pg sh -c \'createuser -U "${POSTGRES_USER:-postgres}"')


_POOLER = (
    "pool-1 | 2024-08-01 09:00:02.114 UTC [1] LOG C-0x7f3a: (nodb)/till@172.19.0.6:51220 closing because: no such "
    "user: till (age=0s)"
)
_TURNED_AWAY = (
    'shop-1 | psycopg2.OperationalError: connection to server at "pool" (172.19.0.5), port 6543 failed: FATAL:  no '
    "such user: till"
)


def test_a_user_that_the_pooler_does_not_know_is_mended_at_the_pooler() -> None:
    found = causes.get("bad-credentials").find(
        evidence(app_log(f"{_POOLER}\n{_TURNED_AWAY}\nshop-1 exited with code 1"))
    )
    assert isinstance(found, Finding)
    assert "pooler knows no user till" in found.summary
    assert found.evidence[0].quote is not None
    assert found.evidence[0].quote.startswith("psycopg2")
    mends = "\n".join(one.text for one in found.mend)
    assert "-h pool -p 6543" in mends
    assert "auth_file" in mends
    assert not any(word in mends for word in ("password till", "createuser", "down --volumes"))


def test_a_role_that_the_server_lacks_is_mended_at_the_server() -> None:
    text = 'shop-1 | psycopg2.OperationalError: FATAL:  role "till" does not exist'
    found = causes.get("bad-credentials").find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "The server has no role till" in found.summary
    assert not any("why it refused" in one for one in found.missing)
