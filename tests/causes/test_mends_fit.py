"""A mend is for the tool, the side and the place that the log shows; one for another would cost a night."""

import pytest

from incidentlab import causes
from incidentlab.causes._toolbox import _TOOLS
from incidentlab.model.diagnosis import Finding
from incidentlab.testing import app_log, evidence

RAILS = "I, [2025-01-02T03:04:05.000001 #1]  INFO -- : Migrating to FillTotals (20250101000000)\nrails aborted!\n"
HEAP = 'web-1  | Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\nweb-1 exited with code 1'
POD = "kubectl describe pod shop-0\n    Last State:  Terminated\n      Reason:    OOMKilled\n      Exit Code: 137"


def _first(name: str, log: str) -> Finding:
    found = causes.get(name).find(evidence(app_log(log)))
    assert isinstance(found, Finding), log
    return found


def _mends(found: Finding) -> str:
    return "\n".join(mend.text for mend in found.mend)


@pytest.mark.parametrize(
    ("log", "wanted"),
    [
        (f"{RAILS}PG::QueryCanceled: ERROR:  canceling statement due to statement timeout", "bin/rails db:migrate"),
        ("Running migrations:\n  Applying shop.0004_totals...\n"
         "django.db.utils.OperationalError: canceling statement due to statement timeout", "python manage.py migrate"),
        ("Error: P3018\nApplying migration `2025_totals`\nERROR: canceling statement due to statement timeout\n"
         "prisma:error migrate", "ALTER ROLE"),
    ],
)  # fmt: skip
def test_a_migration_gets_its_time_from_its_own_tool(log: str, wanted: str) -> None:
    mends = _mends(_first("statement-timeout", log))
    assert wanted in mends
    assert "alembic" not in mends


@pytest.mark.parametrize("tool", [tool.name for tool in _TOOLS])
def test_what_marks_a_revision_neither_runs_nor_merely_shows(tool: str) -> None:
    one = next(each for each in _TOOLS if each.name == tool)
    assert one.mark not in (one.state, one.apply, one.merge)
    assert not any(
        word in one.mark for word in ("migrate:up", "db:migrate", "ecto.migrate", "migrate info", "kit check")
    )


@pytest.mark.parametrize(
    ("log", "version"),
    [
        ("error: failed to open source: duplicate migration file: 0007_tags.up.sql", "0007_tags.up.sql"),
        ("org.flywaydb.core.api.FlywayException: Found more than one migration with version 7\n"
         "Offenders:\n-> V7__a.sql\n-> V7__b.sql", "7"),
        ("** (Ecto.MigrationError) migrations can't be executed, migration version 20250101000000 is duplicated",
         "20250101000000"),
        ("ActiveRecord::DuplicateMigrationNameError: Multiple migrations have the name AddTags.", "AddTags"),
    ],
)  # fmt: skip
def test_two_files_of_one_version_are_no_fork(log: str, version: str) -> None:
    found = _first("multiple-heads", log)
    assert f"({version})" in found.summary
    assert "parent" not in found.summary + _mends(found)


def test_a_fork_is_mended_where_the_tool_writes_the_parent() -> None:
    fork = "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph: (0002_a, 0002_b)"
    assert "(dependencies)" in _mends(_first("multiple-heads", f"{fork} in shop.\npython manage.py migrate"))
    fork = "FAILED: Multiple head revisions are present for given argument 'head'; please specify a specific target"
    assert "(down_revision)" in _mends(_first("multiple-heads", fork))


@pytest.mark.parametrize(
    ("log", "searched"),
    [
        ("Detected applied migration not resolved locally: 9. If you removed this migration intentionally, run repair.",
         "'*V9__*'"),
        ("Detected applied migration not resolved locally: 2.10.", "'*2.10*'"),
        ("error: no migration found for version 8: read down for version 8 .: file does not exist",
         "'*/8_*' '*/000008_*'"),
        ("The migration directory is corrupt, the following files are missing: 2025_a.js, 2025_b.js", "'*2025_a.js*'"),
    ],
)  # fmt: skip
def test_a_lost_revision_is_sought_as_its_tool_writes_it(log: str, searched: str) -> None:
    found = _first("unknown-revision", log)
    assert searched in found.mend[0].text
    assert "If you removed" not in found.summary


def test_a_tables_name_alone_shows_no_branch() -> None:
    log = "2024/05/01 09:00:00 could not migrate: Found migration in DB that does not exist in code"
    found = _first("unknown-revision", log)
    assert "\\dt" in found.mend[0].text
    assert "branch" not in found.mend[0].why


@pytest.mark.parametrize(
    "log",
    [
        "[F] Your database (migration version: 300) is for a newer Forge, you can not use the newer database",
        'File "/app/store/prepare.py", line 9, in prepare\n  raise ValueError(\n'
        "ValueError: Cannot use this schema as it is too new for the server",
        "ERROR: Downgrade detected.",
    ],
)
def test_a_product_with_a_schema_of_its_own_gets_no_tools_command(log: str) -> None:
    found = _first("unknown-revision", log)
    assert "newer release" in found.mend[0].text
    assert not any(word in _mends(found) for word in ("alembic", "git log", "psql"))


def test_a_database_that_is_not_empty_is_said_to_be_so() -> None:
    found = _first("schema-created-outside-migrations", "Error: P3005\n\nThe database schema is not empty. Read more")
    assert "what it wants to create" not in found.summary + found.evidence[0].claim
    assert "holds a schema already" in found.summary


def test_memory_is_looked_at_where_it_ran_out() -> None:
    heap, pod = _first("out-of-memory", HEAP), _first("out-of-memory", POD)
    assert "-XX:MaxRAMPercentage" in heap.mend[0].text
    assert "fewer workers" not in _mends(heap)
    assert "docker compose ps -q web" in _mends(heap)
    assert pod.summary == "A container reached its memory limit, and the kernel killed it for that."
    assert "kubectl top pod" in pod.mend[0].text
    assert "docker" not in _mends(pod)


@pytest.mark.parametrize(
    ("log", "wanted"),
    [
        ("LoadError: Error loading the 'postgresql' adapter. pg is not part of the bundle. Add it.", "bundle add pg"),
        ('panic: sql: unknown driver "postgres" (forgotten import?)', "github.com/lib/pq"),
        ('panic: sql: unknown driver "pgx" (forgotten import?)', "github.com/jackc/pgx"),
        ("ImportError: no pq wrapper available.", "psycopg[binary]"),
        ("PHP Fatal error:  Uncaught Error: Call to undefined function pg_connect()", "docker-php-ext-install"),
    ],
)
def test_a_driver_is_installed_as_its_language_does(log: str, wanted: str) -> None:
    assert wanted in _first("missing-driver", log).mend[0].text


def test_odoo_is_set_up_by_itself() -> None:
    log = ('2025-01-01 00:00:00,000 1 ERROR shop odoo.sql_db: bad query\nERROR: relation "ir_module_module" does not '
           "exist\nodoo.modules.loading: Database shop not initialized, you can force it with `-i base`")  # fmt: skip
    assert "-i base" in _mends(_first("migrations-not-applied", log))


@pytest.mark.parametrize(
    ("log", "wanted"),
    [
        ('migrate-1  | error: failed to open source, "file:///db": open /db: no such file or directory',
         "['./migrations:/db:ro']"),
        ('migrate-1  | error: failed to open source, "file://db": open db: no such file or directory', "-path /migra"),
        ("FAILED: No 'script_location' key found in configuration.", "COPY alembic.ini ./"),
    ],
)  # fmt: skip
def test_files_come_to_the_tool_as_it_is_run(log: str, wanted: str) -> None:
    assert wanted in _mends(_first("migration-files-missing", log))


def test_a_products_code_is_not_merged_by_its_users() -> None:
    fork = "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph: (0002_a, 0052_b)"
    assert "product's" in _mends(_first("multiple-heads", f"{fork} in ipam.\npython manage.py migrate"))


def test_a_start_that_skips_the_migrations_is_cited() -> None:
    log = (
        "web-1  | Database migration skipped\nweb-1  | psycopg2.errors.UndefinedColumn: column pets.chip does not exist"
    )
    links = _first("migrations-behind", log).evidence
    assert [link.line for link in links] == [2, 1]
    other = log.replace("web-1  | Database", "mail-1 | Database")
    assert [link.line for link in _first("migrations-behind", other).evidence] == [2]
