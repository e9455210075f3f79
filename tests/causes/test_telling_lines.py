"""The proof cites the line that tells why, and what it proves is as sure as the cause's page says."""

import pytest

from incidentlab import causes
from incidentlab.causes.migrations._reasons import in_words, reason
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, evidence

SPRING = (
    "2025-01-02 03:04:05.006 ERROR 1 --- [main] o.s.boot.SpringApplication : Application run failed\n\n"
    "Caused by: org.springframework.beans.factory.BeanCreationException: Error creating bean 'flyway'\n"
    "Caused by: org.flywaydb.core.api.FlywayException: Detected applied migration not resolved locally: 31\n"
    "\tat org.flywaydb.core.Flyway.migrate(Flyway.java:150)"
)
PRISMA = (
    "Applying migration `20250101_names`\nError: P3018\n\nA migration failed to apply. New migrations cannot be "
    "applied before the error is recovered from.\n\nDatabase error code: 23505\n\nDatabase error:\n"
    'ERROR: could not create unique index "Pet_name_key"\nDETAIL: Key (name)=(Rex) is duplicated.\n'
    "web-1 exited with code 1"
)
LIQUIBASE = (
    "2025-01-02 03:04:05,006 ERROR [cli] (main) liquibase.exception.MigrationFailedException: Migration failed for "
    'changeset db/7.xml::7::ann:\n     Reason: liquibase.exception.DatabaseException: ERROR: column "a" of relation '
    '"t" contains null values [Failed SQL: (0) ALTER TABLE t ALTER a SET NOT NULL]'
)
RAILS = (
    "== 20250101000000 AddShapes: migrating ======\nrails aborted!\nStandardError: An error has occurred, this and all "
    "later migrations canceled:\n\nPG::UndefinedFile: ERROR:  could not open extension control file "
    '"/usr/share/postgresql/15/extension/postgis.control": No such file or directory\nweb-1 exited with code 1'
)
EF = (
    "info: Microsoft.EntityFrameworkCore.Migrations[20402]\n      Applying migration '20250101000000_Owner'.\n"
    "fail: Microsoft.EntityFrameworkCore.Database.Command[20102]\n      Failed executing DbCommand (3ms)\n"
    'Unhandled exception. Npgsql.PostgresException (0x80004005): 23502: column "OwnerId" contains null values\n'
    "web-1 exited with code 139"
)
STRANGERS = (
    'db-1   | 2025-01-01 00:00:0{n}.000 UTC [{n}] FATAL:  password authentication failed for user "{user}"\n'
    'web-1  | 10.0.0.1 - - "GET /pets HTTP/1.1" 200 12'
)


def _found(name: str, log: str) -> Finding:
    found = causes.get(name).find(evidence(app_log(log)))
    assert isinstance(found, Finding), log
    return found


def test_the_deepest_cause_is_cited_and_not_that_something_failed() -> None:
    link = _found("unknown-revision", SPRING).evidence[0]
    assert (link.line, "not resolved locally: 31" in link.quote) == (4, True)


@pytest.mark.parametrize(
    ("log", "quote", "why", "confidence"),
    [
        (PRISMA, "could not create unique index", "not unique", "certain"),
        (LIQUIBASE, "contains null values", "hold NULL", "likely"),
        (RAILS, "extension control file", "does not have the extension postgis", "certain"),
        (EF, "contains null values", "hold NULL", "certain"),
    ],
)
def test_a_failed_step_is_told_with_its_reason(log: str, quote: str, why: str, confidence: str) -> None:
    found = _found("migration-failed", log)
    assert any(quote in link.quote for link in found.evidence)
    assert why in found.summary
    assert found.confidence == confidence
    assert not any("now or at an earlier start" in text for text in (found.summary,))


def test_the_detail_names_the_row_and_the_step_is_named_by_its_tool() -> None:
    assert any(
        link.quote.startswith("DETAIL: Key (name)=(Rex)") for link in _found("migration-failed", PRISMA).evidence
    )
    assert "db/7.xml::7::ann failed" in _found("migration-failed", LIQUIBASE).summary
    assert "The migration 20250101000000_Owner failed" in _found("migration-failed", EF).summary


def test_a_missing_extension_is_mended_by_another_image() -> None:
    mends = _found("migration-failed", RAILS).mend
    assert any("postgis/postgis" in mend.text for mend in mends)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ('ERROR: insert or update on table "a" violates foreign key constraint "a_b_fkey"', "23503"),
        ('ERROR: check constraint "positive" of relation "a" is violated by some row', "23514"),
        ("ERROR: cannot drop column b of table a because other objects depend on it", "2BP01"),
        ('ERROR: column "a" cannot be cast automatically to type integer', "42804"),
        ("ERROR: value too long for type character varying(3)", "22001"),
        ('ERROR: invalid input value for enum mood: "meh"', "22P02"),
        ('ERROR: syntax error at or near "TABEL"', "42601"),
        ("ERROR: connection reset by peer", ""),
    ],
)
def test_the_words_tell_where_no_code_does(text: str, state: str) -> None:
    event = app_log(text)[0]
    assert reason(event) == state
    assert bool(in_words(event)) == bool(state)


@pytest.mark.parametrize(
    ("name", "log"),
    [
        ("missing-driver", "app: error while loading shared libraries: libpq.so.5: cannot open shared object file: No "
         "such file or directory\nweb-1 exited with code 127"),
        ("missing-configuration", "Error: Environment variable SHOP_TTL not set\n    at get (/app/env.js:2:9)\n"
         "error Command failed with exit code 1."),
        ("missing-configuration", "** (RuntimeError) environment variable SHOP_URL is missing.\n"
         "Runtime terminating during boot (terminating)"),
    ],
)  # fmt: skip
def test_what_ended_the_program_is_certain_and_asks_for_no_container(name: str, log: str) -> None:
    found = _found(name, log)
    assert (found.confidence, found.missing) == ("certain", ())


def test_a_setting_that_is_only_missed_stays_less_than_certain() -> None:
    found = _found("missing-configuration", "ERROR: environment variable SHOP_TTL is not set, using 60")
    assert found.confidence == "possible"


def test_a_likely_finding_asks_for_the_container_only_where_its_end_is_not_known() -> None:
    refused = 'psycopg2.OperationalError: could not translate host name "db" to address: Name or service not known'
    ended = causes.get("host-not-found").find(evidence(app_log(f"{refused}\nweb-1 exited with code 1")))
    going = causes.get("host-not-found").find(evidence(app_log(refused)))
    assert isinstance(ended, Finding)
    assert isinstance(going, Finding)
    assert not any("--container" in one for one in ended.missing)
    assert any("--container" in one for one in going.missing)


@pytest.mark.parametrize("users", [("root", "root"), ("admin", "postgres")])
def test_logins_that_are_refused_all_along_are_somebody_elses(users: tuple[str, str]) -> None:
    log = "\n".join(STRANGERS.format(n=number, user=user) for number, user in enumerate(users, 1))
    told = causes.get("bad-credentials").find(evidence(app_log(log)))
    assert isinstance(told, RuledOut)
    assert "Only the server" in told.why
    assert "at first" not in told.why


def test_a_login_that_was_refused_before_the_service_worked_may_be_its_own() -> None:
    told = causes.get("bad-credentials").find(evidence(app_log(STRANGERS.format(n=1, user="shop"))))
    assert isinstance(told, RuledOut)
    assert "at first" in told.why


def test_what_is_cut_ends_in_an_ellipsis() -> None:
    line = f'10.0.0.1 - - "GET /{"a" * 200} HTTP/1.1" 200 12'
    summary = causes.diagnose(evidence(app_log(line), container(health="healthy"))).summary
    assert not summary.endswith("..")
    log = causes.diagnose(evidence(app_log(line))).summary
    assert log.endswith("…")
