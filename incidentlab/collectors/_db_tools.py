"""Migration tools by the table in which each notes what it has applied: recognised by name and columns.

Columns are those of the tools' own sources: Alembic's ``runtime/migration.py``, Django's ``MigrationRecorder``,
Flyway's ``createMetaDataTable``, Liquibase's ``DATABASECHANGELOG`` page, Rails' ``ActiveRecord::SchemaMigration``,
Ecto's ``SchemaMigration``, Prisma's ``_prisma_migrations``, golang-migrate's ``ensureVersionTable`` and so on.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tool:
    """How one tool keeps its notes; the expressions are SQL over the columns of its table.

    ``tables`` are the names that its table may have, none where its columns alone tell; with ``alone`` the table has
    no other columns.
    """

    name: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    version: str
    order: str
    failed: str = "false"
    alone: bool = False


@dataclass(frozen=True, slots=True)
class LockTable:
    """The table with which a tool keeps a second run out; a row that fulfils ``taken`` is a lock."""

    tool: str
    table: str
    columns: tuple[str, ...]
    taken: str
    holder: str


# The first that fits is the one.
TOOLS = (
    # Alembic's name and schema are settings (version_table, version_table_schema); its one column is not.
    Tool("alembic", (), ("version_num",), "version_num", "version_num", alone=True),
    Tool("django", ("django_migrations",), ("id", "app", "name", "applied"), "app || '.' || name", "id"),
    # Repeatable migrations have no version; nor has Flyway's own note of a schema that it made.
    Tool("flyway", (), ("installed_rank", "version", "description", "script", "success"),
         "coalesce(version, script)", "installed_rank", "NOT success"),
    Tool("liquibase", ("databasechangelog",), ("id", "author", "filename", "orderexecuted", "exectype"),
         "id || ' (' || author || ')'", "orderexecuted", "exectype = 'FAILED'"),
    Tool("golang-migrate", ("schema_migrations",), ("version", "dirty"), "version", "version", "dirty"),
    Tool("ecto", ("schema_migrations",), ("version", "inserted_at"), "version", "version"),
    Tool("rails", ("schema_migrations",), ("version",), "version", "version", alone=True),
    # Prisma: neither finished nor rolled back; the next `migrate deploy` refuses to go on (P3009).
    Tool("prisma", ("_prisma_migrations",), ("migration_name", "finished_at", "rolled_back_at", "started_at"),
         "migration_name", "started_at", "finished_at IS NULL AND rolled_back_at IS NULL"),
    Tool("knex", ("knex_migrations",), ("id", "name", "batch"), "name", "id"),
    Tool("typeorm", ("migrations", "typeorm_migrations"), ("id", "timestamp", "name"), "name", "id"),
    Tool("laravel", ("migrations",), ("id", "migration", "batch"), "migration", "id"),
    Tool("db-migrate", ("migrations",), ("id", "name", "run_on"), "name", "id"),
    Tool("node-pg-migrate", ("pgmigrations",), ("id", "name", "run_on"), "name", "id"),
    Tool("sequelize", ("SequelizeMeta",), ("name",), "name", "name"),
    Tool("mikro-orm", ("mikro_orm_migrations",), ("id", "name", "executed_at"), "name", "id"),
    Tool("drizzle", ("__drizzle_migrations",), ("id", "hash", "created_at"), "hash", "id"),
    Tool("sqlx", ("_sqlx_migrations",), ("version", "description", "success"), "version", "version", "NOT success"),
    Tool("goose", ("goose_db_version",), ("id", "version_id", "is_applied"),
         "CASE WHEN is_applied THEN version_id END", "id"),
    Tool("diesel", ("__diesel_schema_migrations",), ("version", "run_on"), "version", "version"),
    Tool("refinery", ("refinery_schema_history",), ("version", "name", "applied_on"), "version", "version"),
    Tool("sea-orm", ("seaql_migrations",), ("version", "applied_at"), "version", "version"),
    Tool("aerich", ("aerich",), ("id", "version", "app"), "version", "id"),
    Tool("piccolo", ("migration",), ("name", "app_name", "ran_on"), "app_name || '.' || name", "ran_on"),
    Tool("yoyo", ("_yoyo_migration",), ("migration_id", "applied_at_utc"), "migration_id", "applied_at_utc"),
    Tool("doctrine", ("doctrine_migration_versions",), ("version", "executed_at"), "version", "version"),
    Tool("entity-framework", ("__EFMigrationsHistory",), ("MigrationId", "ProductVersion"),
         '"MigrationId"', '"MigrationId"'),
    Tool("atlas", ("atlas_schema_revisions",), ("version", "applied", "total", "error"),
         "version", "version", "applied < total OR error <> ''"),
)  # fmt: skip

LOCK_TABLES = (
    LockTable("liquibase", "databasechangeloglock", ("locked", "lockgranted", "lockedby"),
              "locked", "coalesce(lockedby, 'somebody') || coalesce(' since ' || lockgranted::text, '')"),
    LockTable("knex", "knex_migrations_lock", ("is_locked",), "is_locked = 1", "'a run of knex'"),
    LockTable("yoyo", "yoyo_lock", ("locked", "pid"), "locked = 1", "'process ' || pid"),
)  # fmt: skip

_BY_NAME = sorted({name for one in TOOLS for name in one.tables} | {one.table for one in LOCK_TABLES})
_BY_COLUMN = ("version_num", "installed_rank")
MOST_CANDIDATES = 50

# Whatever may be such a table, with its columns and whether it may be read.
CANDIDATES = f"""
    SELECT n.nspname::text, c.relname::text, array_to_json(array_agg(a.attname ORDER BY a.attnum)),
           bool_and(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND (c.relname IN ({", ".join(f"'{name}'" for name in _BY_NAME)})
           OR EXISTS (SELECT FROM pg_attribute v WHERE v.attrelid = c.oid AND v.attnum > 0 AND NOT v.attisdropped
                      AND v.attname IN ({", ".join(f"'{name}'" for name in _BY_COLUMN)})))
    GROUP BY n.nspname, c.relname
    ORDER BY c.relname <> 'alembic_version', array_position(%(schemas)s, n.nspname::text) NULLS LAST, 1, 2
    LIMIT {MOST_CANDIDATES}
"""  # noqa: S608  (the names are those above)


def tool_of(table: str, columns: Sequence[str]) -> Tool | None:
    """Return the tool whose table this is."""
    names = frozenset(columns)
    for tool in TOOLS:
        if tool.tables and table not in tool.tables:
            continue
        if names.issuperset(tool.columns) and (not tool.alone or len(names) == len(tool.columns)):
            return tool
    return None


def lock_of(table: str, columns: Sequence[str]) -> LockTable | None:
    """Return the lock table that this is."""
    names = frozenset(columns)
    return next((one for one in LOCK_TABLES if one.table == table and names.issuperset(one.columns)), None)
