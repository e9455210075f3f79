"""Which migration tool a deployment uses, and its commands: to see the state, to apply, to mark, to merge."""

import re
from dataclasses import dataclass

from incidentlab.causes._evidence import from_server, said
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import Evidence, LogEvent


@dataclass(frozen=True, slots=True)
class Tool:
    """A migration tool; each command is for a POSIX shell, in the folder where the tool is configured."""

    name: str
    state: str  # shows what is applied and what is not
    apply: str
    mark: str  # notes a revision as applied without running it; REVISION stands for it
    merge: str  # joins two branches, or what comes closest
    seen: re.Pattern[str]  # by what its name is known in logs and command lines


# Commands by the tools' own documentation. The more particular come first: Flask-Migrate speaks as Alembic does.
_TOOLS = (
    Tool("flask", "flask db current && flask db heads", "flask db upgrade", "flask db stamp REVISION",
         'flask db merge heads -m "merge branches"', re.compile(r"\bflask_migrate\b|\bflask db\b")),
    Tool("airflow", "airflow db check-migrations", "airflow db migrate", "alembic stamp REVISION",
         'alembic merge heads -m "merge branches"',
         re.compile(r"\bairflow db\b|\bservice airflow[-_](?:scheduler|webserver|worker|triggerer|init|apiserver)\b"
                    r"|(?<![\w./@-])airflow\.(?:models|jobs|utils|exceptions|cli|www|api\w{0,20})\b"
                    r"|\bimport airflow\b")),
    Tool("superset", "superset db current && superset db heads", "superset db upgrade", "superset db stamp REVISION",
         'superset db merge heads -m "merge branches"',
         re.compile(r"\bsuperset db\b|\bservice superset_(?:app|init|worker)\b|\bimport superset\b"
                    r"|(?<![\w./@-])superset\.(?:utils|models|app|initialization|security|extensions|views|cli)\b")),
    Tool("alembic", "alembic current && alembic heads", "alembic upgrade head", "alembic stamp REVISION",
         'alembic merge heads -m "merge branches"',
         re.compile(r"\balembic\b|\bContext impl\b|\bCan't locate revision\b|\bRunning upgrade\b"
                    r"|\bMultiple head rev|@head'|\bNo 'script_location' key\b")),
    Tool("django", "python manage.py showmigrations", "python manage.py migrate",
         "python manage.py migrate --fake APP REVISION", "python manage.py makemigrations --merge",
         re.compile(r"\bdjango\b|\bmanage\.py\b|\bunapplied migration\(s\)", re.IGNORECASE)),
    Tool("prisma", "npx prisma migrate status", "npx prisma migrate deploy",
         "npx prisma migrate resolve --applied REVISION", "npx prisma migrate dev",
         re.compile(r"\bprisma\b|\bError: P[13]0\d\d\b|\bP20\d\d\b", re.IGNORECASE)),
    Tool("flyway", "flyway info", "flyway migrate", "flyway baseline -baselineVersion=REVISION", "flyway info",
         re.compile(r"\b[Ff]lyway|\bmigration with version [\d.]|\bnot resolved locally\b"
                    r"|\bV\d[\w.]{0,40}__\w{1,99}\.sql\b")),
    Tool("liquibase", "liquibase status", "liquibase update", "liquibase changelog-sync", "liquibase status",
         re.compile(r"\bliquibase\b|\bchange ?log lock\b", re.IGNORECASE)),
    Tool("rails", "bin/rails db:migrate:status", "bin/rails db:migrate",
         "bin/rails runner \"ActiveRecord::SchemaMigration.create_version('REVISION')\"", "bin/rails db:migrate:status",
         re.compile(r"\bActiveRecord\b|\brake\b|\bbin/rails\b|\bdb:migrate\b|\bPG::\w|\bPuma\b")),
    Tool("ecto", "mix ecto.migrations", "mix ecto.migrate",
         "INSERT INTO schema_migrations (version, inserted_at) VALUES (REVISION, now())", "mix ecto.migrations",
         re.compile(r"\bEcto\b|\bPostgrex\b|\bmix ecto\b|\bDBConnection\b")),
    Tool("knex", "npx knex migrate:list", "npx knex migrate:latest",
         "INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('REVISION', 1, now())",
         "npx knex migrate:list", re.compile(r"\bknex", re.IGNORECASE)),
    Tool("typeorm", "npx typeorm migration:show", "npx typeorm migration:run", "npx typeorm migration:run --fake",
         "npx typeorm migration:show", re.compile(r"\btypeorm\b|\bQueryFailedError\b", re.IGNORECASE)),
    Tool("sequelize", "npx sequelize-cli db:migrate:status", "npx sequelize-cli db:migrate",
         "INSERT INTO \"SequelizeMeta\" (name) VALUES ('REVISION')", "npx sequelize-cli db:migrate:status",
         re.compile(r"\bsequelize", re.IGNORECASE)),
    Tool("golang-migrate", 'migrate -path migrations -database "$DATABASE_URL" version',
         'migrate -path migrations -database "$DATABASE_URL" up',
         'migrate -path migrations -database "$DATABASE_URL" force REVISION', "ls migrations",
         re.compile(r"\bDirty database version\b|\bno migration found for version\b|\bgolang-migrate\b"
                    r"|\bfailed to open source, \\?\"file:")),
    Tool("ef", "dotnet ef migrations list", "dotnet ef database update",
         "INSERT INTO \"__EFMigrationsHistory\" VALUES ('REVISION', 'EF_VERSION')", "dotnet ef migrations list",
         re.compile(r"\bEntityFrameworkCore\b|\bNpgsql\b|\bdotnet ef\b|__EFMigrationsHistory")),
    Tool("laravel", "php artisan migrate:status", "php artisan migrate --force",
         "INSERT INTO migrations (migration, batch) VALUES ('REVISION', 1)", "php artisan migrate:status",
         re.compile(r"\bIlluminate\b|\b[Aa]rtisan\b|\b[Ll]aravel\b|\(Connection: pgsql, |\bproduction\.ERROR:")),
    Tool("goose", 'goose -dir migrations postgres "$DATABASE_URL" status',
         'goose -dir migrations postgres "$DATABASE_URL" up',
         "INSERT INTO goose_db_version (version_id, is_applied) VALUES (REVISION, true)", "ls migrations",
         re.compile(r"\bgoose\b")),
    Tool("sqlx", "sqlx migrate info", "sqlx migrate run",
         "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (REVISION, "
         "'REVISION', true, decode('SHA384_OF_THE_FILE', 'hex'), 0)", "sqlx migrate info",
         re.compile(r"\bsqlx\b|_sqlx_migrations\b|\bVersionMi(?:ssing|smatch)\b"
                                             r"|\bwas previously applied but (?:has been modified|is missing)\b")),
    Tool("dbmate", "dbmate status", "dbmate up", "INSERT INTO schema_migrations (version) VALUES ('REVISION')",
         "dbmate status", re.compile(r"\bdbmate\b|\bApplying: \d{8,14}_\S{1,160}\.sql\b")),
    Tool("drizzle", "psql \"$DATABASE_URL\" -c 'SELECT * FROM drizzle.__drizzle_migrations'",
         "npx drizzle-kit migrate", "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES "
         "('SHA256_OF_THE_FILE', WHEN_IN_JOURNAL_JSON)",
         "npx drizzle-kit check", re.compile(r"\bdrizzle\b", re.IGNORECASE)),
    Tool("odoo", "psql \"$DATABASE_URL\" -c 'SELECT name, state, latest_version FROM ir_module_module'",
         'odoo -d "$PGDATABASE" -i base -u all --stop-after-init', "its own table ir_module_module", "",
         re.compile(r"\bodoo\.\w|\bir_module_module\b|\bforce it with `-i base`")),
)  # fmt: skip
_PRODUCTS = tuple(tool for tool in _TOOLS if tool.name in ("airflow", "superset"))  # with commands for their Alembic
_ALEMBIC = next(tool for tool in _TOOLS if tool.name == "alembic")
# What a program in Go, Rust or PHP applies its migrations with cannot be told from its words: then no command is given
# that is not its own.
UNKNOWN = Tool("", "psql \"$DATABASE_URL\" -c '\\dt *.*migrat*'", "the project's own migration command",
               "its own command for that, or its table", "", re.compile(r"(?!)"))  # fmt: skip
_PYTHON = re.compile(r"\b(?:psycopg2?|asyncpg|pg8000|sqlalchemy|uvicorn|gunicorn|flask|fastapi)\b|\.py\b|^INFO: {5}")


def look(tool: Tool, claim: str) -> Mend:
    """Return the command that shows a tool's state, with what is claimed of it; of an unknown tool, its table alone."""
    if tool is UNKNOWN:
        return Mend("command", tool.state, "Shows the table in which the tool notes what it applied: read that one.")
    return Mend("command", tool.state, claim)


def tool_of(evidence: Evidence) -> Tool:
    """Return the tool that the evidence shows: the project's, the database's, the log's.

    Where none does it is Alembic for a program in Python, or one of which nothing is known, and ``UNKNOWN`` otherwise.
    """
    started = " ".join(word for image in evidence.images for word in (*image.entrypoint, *image.cmd))
    if any(project.migrations for project in evidence.projects):
        return named("flask") if re.search(r"\bflask\b", started) else _ALEMBIC
    for database in evidence.databases:
        for table in database.migration_tables:
            known = next((tool for tool in _TOOLS if tool.name == table.tool), None)
            if known:
                return known
    return _told(evidence, started)


def _told(evidence: Evidence, started: str) -> Tool:
    best, most = _ALEMBIC, 0
    texts = [_words(event) for event in evidence.logs]
    for tool in _TOOLS:
        count = sum(1 for text in (started, *texts) if tool.seen.search(text))
        if count > most:
            best, most = tool, count
    if best.name in ("alembic", "flask"):
        best = _product(evidence, best) or best
    told = [event for event in evidence.logs if not from_server(event)]
    if most or not told or any(_PYTHON.search(text) for text in (started, *texts)):
        return best
    return UNKNOWN


def _words(event: LogEvent) -> str:
    packages = " ".join(f"import {name}" for name in event.packages)
    return f"{said(event)} {event.exception or ''} {packages}"


def _product(evidence: Evidence, library: Tool) -> Tool | None:
    """Return the product within which Alembic speaks: the only one, where no other service's lines are Alembic's.

    A service's name tells here too, as the products' own compose files have it.
    """
    told = [(event.service, f"{_words(event)} service {event.service}") for event in evidence.logs]
    products = {tool: spoke for tool in _PRODUCTS if (spoke := _speakers(tool, told, tool.name))}
    if len(products) != 1:
        return None
    ((product, spoke),) = products.items()
    return product if _speakers(library, told) <= spoke else None


def _speakers(tool: Tool, told: list[tuple[str, str]], name: str = "") -> set[str]:
    return {service for service, text in told if name in text and tool.seen.search(text)}


def named(name: str) -> Tool:
    """Return the tool of that name."""
    return next(tool for tool in _TOOLS if tool.name == name)
