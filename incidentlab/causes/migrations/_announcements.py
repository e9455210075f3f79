"""What tools and applications say of their migrations as a whole: one has failed, some are not applied, none are.

Sources: Prisma's error reference (P3006, P3009, P3018), Flyway's ``DbMigrate`` and ``ErrorCode``, golang-migrate's
``ErrDirty``, ActiveRecord's ``migration.rb``, Ecto's ``migrator.ex``, TypeORM's ``MigrationExecutor``, Knex's
``Migrator``, Liquibase's ``MigrationFailedException``, Doctrine's ``DbalExecutor``, goose; Django's
``check_migrations``; Airflow's ``utils/db.py``, MLflow's ``store/db/utils.py``, Alembic's ``autogenerate/api.py``,
Odoo's ``modules/loading.py``.
"""

import re

from incidentlab.model.cause import Sign

FAILED = Sign(
    name="migration-failed",
    pattern=re.compile(
        r"\bmigrate found failed migrations in the target database\b|\bA migration failed to apply\b"
        r"|\bError: P30(?:06|09|18)\b"
        r"|\bThe `(?P<prisma>[^`\n]{1,200})` migration started at [^\n]{1,60} failed\b"
        r"|\bMigration (?P<flyway>\S{1,160}) failed\b"
        r"|\bMigration of schema [^\n]{1,160}? to version \"?(?P<to>[^\"\n]{1,120})\"?[^\n]{0,40} failed\b"
        r"|\bDetected failed (?:repeatable )?migration(?: to version (?P<detected>[\w.]{1,60}))?"
        r"|\bMigration checksum mismatch for migration version (?P<checksum>[\w.]{1,60})"
        r"|\bliquibase\.exception\.ValidationFailedException\b|\bchange ?sets? check sum\b"
        r"|\bVersionMismatch\((?P<sqlx_debug>\d{1,20})\)"
        r"|\bmigration (?P<modified>\d{1,20}) was previously applied but has been modified\b"
        r"|\bDirty database version (?P<dirty>\d{1,20})\. Fix and force version"
        r"|\bmigration failed(?: in line \d|:)|\bAn error has occurred, (?:this and )?all later migrations canceled\b"
        r"|\bMigration \"?(?P<typeorm>\w{1,160})\"? failed, error\b|\bError during migration run\b"
        r"|\bmigration file \"(?P<knex>[^\"\n]{1,200})\" failed\b|\bmigration failed with error\b"
        r"|\b[Mm]igration failed for change ?set (?P<liquibase>\S{1,200})|\bMigrationFailedException\b"
        r"(?:: Migration failed for change ?set (?P<changeset>\S{1,200}))?"
        r"|\bMigration (?P<doctrine>[\w\\]{0,120}Version\d{8,14}) failed during\b"
        r"|\bERROR (?P<goose>\d{1,14}_\w{1,160}\.(?:sql|go)): failed to run\b"
        r"|\bwhile executing migration (?P<sqlx>\d{1,20})\b|\bFailed to run (?P<diesel>\d{4}[\w-]{4,160}) with\b"
        r"|\b[Mm]igrations? (?:has |have )?failed\b(?! to connect)|\bMIGRATION_FAILED\b|\bMigration [Ee]rror\b"
        r"|\b(?:[Ff]ailed|[Uu]nable) to (?:apply|run|execute|perform|migrate)"
        r"[^\n]{0,30} (?:migrations?|database schema)\b|\b[Ff]ailed to migrate\b"
        r"|\b[Ee]rror (?:running|applying|during|executing|in) (?:the )?"
        r"(?:database |schema |DB )?migrations?\b|\b[Dd]atabase migrations? (?:was |were )?(?:unsuccessful|aborted)\b"
    ),
    literals=(
        "igration", "Error: P30", "VersionMismatch(", "ValidationFailedException",
        " check sum", "Dirty database version", "MIGRATION_FAILED", "ailed to migrate",
        "Failed to run ",
        ": failed to run", "database schema",
    ),
    examples=(
        "migrate found failed migrations in the target database, new migrations will not be applied.",
        "The `20241224103150_guest_id` migration started at 2025-05-28 10:04:30.134803 UTC failed",
        "A migration failed to apply. New migrations cannot be applied before the error is recovered from.",
        "Migration V2__add_slug.sql failed",
        'Migration of schema "public" to version "2 - add slug" failed! Changes successfully rolled back.',
        "Detected failed migration to version 1.1 (add slug).",
        "error: Dirty database version 20240101. Fix and force version.",
        "liquibase.exception.ValidationFailedException: Validation Failed:",
        "     1 changesets check sum",
        "Error: migration 20240101 was previously applied but has been modified",
        "StandardError: An error has occurred, this and all later migrations canceled:",
        'Migration "AddSlug1700000000000" failed, error: column "slug" contains null values',
        'migration file "20241223103044_visits_user_id.js" failed',
        "Migration failed for changeset db/changelog/001.xml::1::anna:",
        "Migration DoctrineMigrations\\Version20240101000000 failed during Execution. Error: \"…\"",
        "goose run: ERROR 0002_slug.sql: failed to run SQL migration: failed to execute SQL query",
        "error: while executing migration 20240101: error returned from database",
        "Migration failed! (psycopg2.errors.UndefinedTable) relation \"finding\" does not exist",
        "Failed to apply database migrations",
        "Error running migrations: pq: syntax error",
        "[database::migrations] Failed to migrate database... exiting...",
    ),
)  # fmt: skip
BEHIND = Sign(
    name="unapplied-migrations",
    pattern=re.compile(
        r"\bYou have (?P<django>\d{1,6}) unapplied migration\(s\)"
        r"|\bMigrations are pending\b|\bPendingMigrationError\b|\bYou have (?P<rails>\d{1,6}) pending migrations?\b"
        r"|\bThere are still unapplied migrations\b|\bYou need to upgrade the database\b"
        r"|\bDatabase is not on all head revisions\b|\bTarget database is not up to date\b"
        r"|\b(?:[Oo]ut-of-date|outdated|old) database schema\b"
        r"|\b(?:[Dd]atabase|[Ss]chema)(?: schema)?(?: version)? (?:is |are )?(?:out of date|out-of-date|outdated"
        r"|not up to date|not up-to-date|too old)\b|\bis out of date and must be migrated\b"
        r"|\bDetected resolved migration not applied to database: (?:(?P<flyway>[^\n]{1,60}?)(?=\.?(?:\n|$)|\. ))?"
        r"|\b[Mm]igrations? (?:are |is )?not (?:up to date|up-to-date|applied)\b"
        r"|\b(?:[Pp]ending|[Uu]napplied) migrations? (?:found|detected|exist)"
        r"|\bFollowing migrations? have not yet been applied\b|\bcannot be greater than Actual version\b"
        r"|\b[Pp]lease run (?:the )?(?:database )?migrations?\b|\bPlease (?:run|apply) (?:the )?pending migrations\b"
        r"|\bSchema-validation: (?:missing column|wrong column type)\b"
    ),
    literals=(
        "igration", "PendingMigrationError", "You need to upgrade the database", "not on all head revisions",
        "Target database is not up to date",
        "database schema", "out of date", "out-of-date", "outdated", "not up to date", "not up-to-date", "too old",
        "must be migrated", "Detected resolved migration not applied", "have not yet been applied",
        "cannot be greater than Actual version", "lease run ", "Please apply ", "Schema-validation: ",
    ),
    examples=(
        "You have 3 unapplied migration(s). Your project may not work properly until you apply the migrations for "
        "app(s): blog.",
        "ActiveRecord::PendingMigrationError: Migrations are pending. To resolve this issue, run: bin/rails db:migrate",
        "There are still unapplied migrations after 60 seconds. MigrationHead(s) in DB: {'a'} | Migration Head(s) in "
        "Source Code: {'b'}",
        "ERROR: You need to upgrade the database. Please run `airflow db upgrade`.",
        "FAILED: Target database is not up to date.",
        "Detected out-of-date database schema (found version 1, but expected 2).",
        "The database schema is out of date",
        "Detected resolved migration not applied to database: 3.",
        "Schema-validation: missing column [done] in table [tasks]",
        "Database is not on all head revisions",
    ),
)  # fmt: skip
NEVER = Sign(
    name="uninitialised-schema",
    pattern=re.compile(
        r"\bYou need to initialize the database\b|\bMigrationHead\(s\) in DB: set\(\)"
        r"|\bDatabase \S{1,120} not initialized, you can force it\b"
        r"|\b[Dd]atabase (?:schema )?(?:is |has )?not (?:been )?(?:yet )?(?:initiali[sz]ed|migrated)\b"
        r"|\bSchema-validation: missing table\b"
    ),
    literals=(
        "You need to initialize the database", "in DB: set()", "not initialized", "not initialised", "not been ",
        "not yet ", "not migrated", "Schema-validation: ",
    ),
    examples=(
        "ERROR: You need to initialize the database. Please run `airflow db init`.",
        "There are still unapplied migrations after 60 seconds. MigrationHead(s) in DB: set() | Migration Head(s) in "
        "Source Code: {'b'}",
        "Database shop not initialized, you can force it with `-i base`",
        "Schema-validation: missing table [tasks]",
        "The database has not been initialized",
    ),
)  # fmt: skip
