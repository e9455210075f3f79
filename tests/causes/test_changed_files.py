"""A file that was changed after it had been applied is put back, or declared; nothing has failed."""

import pytest

from incidentlab import causes
from incidentlab.model.diagnosis import Finding
from incidentlab.testing import app_log, evidence

FLYWAY = (
    "Caused by: org.flywaydb.core.api.exception.FlywayValidateException: Validate failed: Migrations have failed "
    "validation\nMigration checksum mismatch for migration version 2.1\n-> Applied to database : 1\n"
    "-> Resolved locally    : -2\nbilling exited with code 1"
)
LIQUIBASE = (
    "shop-1  | liquibase.exception.ValidationFailedException: Validation Failed:\n"
    "shop-1  |      1 changesets check sum\n"
    "shop-1  |           db/7-prices.xml::7::mia was: 8:5f2c but is now: 8:ffbd\n"
    "shop-1 exited with code 1"
)
SQLX = "Error: migration 20240101 was previously applied but has been modified"


def _found(log: str) -> Finding:
    found = causes.get("migration-failed").find(evidence(app_log(log)))
    assert isinstance(found, Finding), log
    return found


@pytest.mark.parametrize(
    ("log", "first", "declared"),
    [
        (FLYWAY, "git log --oneline -- '*V2.1__*'", "flyway repair"),
        (LIQUIBASE, "Put the file back", "liquibase clear-checksums"),
        (SQLX, "git log --oneline -- '*/20240101_*'", ""),
    ],
)
def test_the_file_is_put_back_and_the_tools_own_word_for_a_known_change_is_given(
    log: str, first: str, declared: str
) -> None:
    found = _found(log)
    assert "was changed after it had been applied" in found.summary
    assert found.mend[0].text.startswith(first)
    assert not declared or found.mend[-1].text == declared
    assert not any("removes the failed entry" in mend.why for mend in found.mend)


def test_the_line_that_names_the_version_is_cited_and_not_the_one_that_announces_it() -> None:
    link = _found(FLYWAY).evidence[0]
    assert (link.line, "version 2.1" in link.quote) == (2, True)


def test_a_step_that_failed_is_none() -> None:
    log = 'Migration of schema "public" to version "2 - add slug" failed! Changes successfully rolled back.'
    found = _found(f'{log}\nERROR: column "slug" contains null values\nSQL State  : 23502\norg.flywaydb.core')
    assert "changed after" not in found.summary
    assert "flyway repair" in [mend.text for mend in found.mend]
