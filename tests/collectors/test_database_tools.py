"""Migration tools are known by their tables, and what each has applied is read."""

import pytest

from incidentlab.collectors import database as collector
from incidentlab.collectors._db_tools import TOOLS, tool_of
from incidentlab.model.database import MigrationTable

MADE = {
    "django": (
        "django_migrations (id serial, app varchar(255), name varchar(255), applied timestamptz)",
        "(app, name) VALUES ('auth', '0001_initial'), ('app', '0002_x')",
        ("auth.0001_initial", "app.0002_x"), (),
    ),
    "flyway": (
        "history (installed_rank int, version varchar(50), description varchar(200), type varchar(20),"
        " script varchar(1000), checksum int, success boolean)",
        "(installed_rank, version, script, success) VALUES (2, '2', 'V2__b.sql', false), (1, '1', 'V1__a.sql', true),"
        " (3, NULL, 'R__views.sql', true)",
        ("1", "2", "R__views.sql"), ("2",),
    ),
    "liquibase": (
        "databasechangelog (id varchar(255), author varchar(255), filename varchar(255), dateexecuted timestamp,"
        " orderexecuted int, exectype varchar(10))",
        "(id, author, filename, orderexecuted, exectype) VALUES ('a', 'me', 'f', 1, 'EXECUTED')", ("a (me)",), (),
    ),
    "rails": ("schema_migrations (version varchar)", "VALUES ('20260102'), ('20260101')", ("20260101", "20260102"), ()),
    "ecto": ("schema_migrations (version bigint, inserted_at timestamp)", "VALUES (2026, now())", ("2026",), ()),
    "golang-migrate": ("schema_migrations (version bigint, dirty boolean)", "VALUES (7, true)", ("7",), ("7",)),
    "prisma": (
        "_prisma_migrations (id varchar(36), checksum varchar(64), finished_at timestamptz, migration_name text,"
        " logs text, rolled_back_at timestamptz, started_at timestamptz, applied_steps_count int)",
        "(migration_name, started_at, finished_at) VALUES ('2_b', now(), NULL), ('1_a', now() - '1 day'::interval,"
        " now())", ("1_a", "2_b"), ("2_b",),
    ),
    "knex": ("knex_migrations (id serial, name text, batch int)", "(name, batch) VALUES ('a.js', 1)", ("a.js",), ()),
    "typeorm": ("migrations (id serial, timestamp bigint, name text)", "VALUES (1, 5, 'A5')", ("A5",), ()),
    "sequelize": ('"SequelizeMeta" (name varchar(255))', "VALUES ('b.js'), ('a.js')", ("a.js", "b.js"), ()),
    "sqlx": (
        "_sqlx_migrations (version bigint, description text, success boolean)",
        "VALUES (1, 'a', true), (2, 'b', false)", ("1", "2"), ("2",),
    ),
    "goose": (
        "goose_db_version (id serial, version_id bigint, is_applied boolean)",
        "(version_id, is_applied) VALUES (0, true), (1, true)", ("0", "1"), (),
    ),
    "diesel": ("__diesel_schema_migrations (version varchar(50), run_on timestamp)", "VALUES ('1', now())", ("1",), ()),
    "aerich": ("aerich (id serial, version text, app text, content json)", "(version) VALUES ('0_a')", ("0_a",), ()),
    "piccolo": (
        "migration (id serial, name text, app_name text, ran_on timestamp)",
        "(name, app_name, ran_on) VALUES ('m', 'shop', now())", ("shop.m",), (),
    ),
    "entity-framework": (
        '"__EFMigrationsHistory" ("MigrationId" text, "ProductVersion" text)', "VALUES ('1_a', '8')", ("1_a",), (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("tool", MADE)
def test_the_table_of_a_tool_is_known_and_read(server, database: str, tool: str) -> None:  # type: ignore[no-untyped-def]
    made, rows, versions, failed = MADE[tool]
    table = made.partition(" ")[0]
    server.execute(f"CREATE TABLE {made}", f"INSERT INTO {table} {rows}", database=database)
    facts = collector.read(server.url(database))
    assert facts.migration_tables == (MigrationTable(tool, f"public.{table}".replace('"', ""), versions, failed),)
    assert (facts.revisions, facts.version_table, facts.unread) == (None, None, ())


def test_every_tool_is_read_without_error(server, database: str) -> None:  # type: ignore[no-untyped-def]
    """Each one's expressions are SQL that its own columns understand; here all of them in one database."""
    kinds = {
        "success": "bool", "dirty": "bool", "is_applied": "bool", "finished_at": "timestamp",
        "rolled_back_at": "timestamp", "id": "int", "version_id": "int", "applied": "int", "total": "int",
    }  # fmt: skip
    for number, tool in enumerate(TOOLS):
        columns = ", ".join(f'"{name}" {kinds.get(name, "text")}' for name in tool.columns)
        table = tool.tables[0] if tool.tables else f"notes_{number}"
        server.execute(f"CREATE SCHEMA s{number}", f'CREATE TABLE s{number}."{table}" ({columns})', database=database)
    facts = collector.read(server.url(database))
    assert facts.unread == ()
    assert sorted(one.tool for one in facts.migration_tables) == sorted(tool.name for tool in TOOLS)
    assert all(one.versions == () for one in facts.migration_tables)


def test_a_lock_that_a_tool_left_behind_is_told(server, database: str) -> None:  # type: ignore[no-untyped-def]
    server.execute(
        f"CREATE TABLE {MADE['liquibase'][0]}",
        "CREATE TABLE databasechangeloglock (id int, locked boolean, lockgranted timestamp, lockedby varchar(255))",
        "INSERT INTO databasechangeloglock VALUES (1, true, '2026-01-01', 'web-1 (10.0.0.3)')",
        f"CREATE TABLE {MADE['knex'][0]}",
        "CREATE TABLE knex_migrations_lock (index serial, is_locked int)",
        "INSERT INTO knex_migrations_lock (is_locked) VALUES (0)",
        database=database,
    )
    locked = {one.tool: one.locked for one in collector.read(server.url(database)).migration_tables}
    assert locked == {"liquibase": "web-1 (10.0.0.3) since 2026-01-01 00:00:00", "knex": ""}


def test_a_policy_that_hides_rows_is_an_error_and_no_empty_table(server, database: str) -> None:  # type: ignore[no-untyped-def]
    role = f"r_{database}"
    server.execute(
        f"CREATE ROLE {role} LOGIN",
        "CREATE TABLE alembic_version (version_num varchar(32))",
        "INSERT INTO alembic_version VALUES ('a')",
        "ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY",
        f"GRANT SELECT ON alembic_version TO {role}",
        database=database,
    )
    try:
        facts = collector.read(server.url(database, role))
        assert (facts.revisions, facts.version_table) == (None, "public.alembic_version")
        assert "row-level security" in (facts.error or "")
    finally:
        server.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}", database=database)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("alembic_version", ("version_num", "note")),
        ("schema_migrations", ("name",)),
        ("migrations", ("id", "what")),
        ("tasks", ("id", "name")),
    ],
)
def test_a_table_that_only_sounds_like_it_is_none(table: str, columns: tuple[str, ...]) -> None:
    assert tool_of(table, columns) is None
