"""What migration tools print while they work: a step begins, it is done, the run is over.

Sources: Alembic's ``runtime/migration.py``, Django's ``management/commands/migrate.py``, ActiveRecord's
``migration.rb``, Prisma's ``schema-engine``, Flyway's ``DbMigrate``, Ecto's ``migration/runner.ex``, golang-migrate's
``internal/cli``, Knex's ``Migrator``, TypeORM's ``MigrationExecutor``, umzug (Sequelize), Laravel's ``Migrator``,
dbmate, goose, aerich, Directus' ``migrations/run.ts``, and the commands of Liquibase and Doctrine.
"""

import re

from incidentlab.model.evidence import LogEvent

# A step that begins; its name is in the first group that is there.
_BEGINS = re.compile(
    r"\bRunning (?:upgrade|downgrade) (?P<alembic>[\w, ]{0,200}-> ?\w{0,80})"
    r"|\bApplying (?P<django>[a-z_]\w{0,80}\.\w{1,160})\.\.\."
    r"|== (?P<rails>\d{4,14}[\w :.-]{0,160}?): migrating\b"
    r"|== Running (?P<ecto>\d{8,14} [\w.]{1,160}\.(?:change|up)/0) forward"
    r"|\bApplying migration `(?P<prisma>[^`]{1,200})`|\bApplying migration '(?P<ef>\d{14}_\w{1,160})'"
    r"|\bMigrating schema .{1,120}? to version \"?(?P<flyway>[^\"\n]{1,160})"
    r"|\bRunning Changeset: (?P<liquibase>\S{1,300})"
    r"|\bApplying: (?P<dbmate>\S{1,200}\.sql)\b|\bMigrating: (?P<laravel>\d{4}_\w{1,200})"
    r"|\bmigrating (?P<doctrine>[\w\\]{0,120}Version\d{8,14})\b"
    r"|\bRunning migration (?P<diesel>\d{4}[\w-]{4,160})"
    r"|\b[Aa]pplying (?:migration:? )?(?P<plain>\d{1,14}[_-][\w.-]{1,160}\.sql)\b"
)
# A name that only counts where a run of migrations is known to go on: Directus' "Applying Add Flow Options...".
_WITHIN = re.compile(r"\bApplying (?P<name>[A-Z][\w' /()-]{2,100})\.{3}\s{0,4}$")
# A step or a whole run that has come to its end well.
_DONE = re.compile(
    r"\bApplying [a-z_]\w{0,80}\.\w{1,160}\.\.\. ?(?:OK|FAKED)\b|: migrated \(\d|== Migrated \d{8,14} in\b"
    r"|\bmigrations? (?:have|has) been successfully applied\b|\bSuccessfully applied \d{1,6} migrations?\b"
    r"|\bUpdate has been successful\b|\bran successfully in \d|\bApplied: \S{1,200}\.sql\b"
    r"|\bMigrated:\s{1,4}\d{4}_\w{1,200}|\bmigrated \(took\b|\d{4}_\d\d_\d\d_\d{6}_\w{1,160} \.{2,200}.{0,40}\bDONE\b"
    r"|\bOK {3}\d{1,14}_\w{1,160}\.(?:sql|go)\b|\bgoose: (?:successfully migrated|no migrations to run)"
    r"|\bhas been (?:executed|run) successfully\b"
    r"|\bBatch \d{1,6} run: \d|\b\d{1,14}/u \w{1,160} \(\d|\bSuccess upgrade (?:migrating to )?\d"
    r"|\bNo (?:pending )?migrations to (?:apply|run)\b|\bNo migrations are pending\b"
    r"|\b[Mm]igrations?:? (?:are |were |was |is )?(?:all )?"
    r"(?:complete|completed|finished|done|succeeded|successful|applied|up to date)\b"
    r"|\b[Mm]igration [\w.-]{1,120} (?:was |has been )?(?:successfully )?(?:applied|completed|finished|done)\b"
    r"|\b[Mm]igrat(?:ed|ions ran|ion ran) successfully\b|\b[Ff]inished (?:running )?migrations\b"
    r"|\b(?:[Dd]atabase|[Ss]chema)(?: is| has been)?(?: already| successfully)? (?:initiali[sz]ed|migrated"
    r"|up[- ]to[- ]date)\b|\b[Ss]chema (?:has been )?created\b"
    r"|\b[Ii]nitiali[sz]ation (?:of the database )?(?:done|complete|completed)\b"
    r"|\bwas successfully installed\b|\bmetadata\.create_all done\b",
)
# What it says when there was nothing to do (Flyway, Prisma, Django, Liquibase, TypeORM, Sequelize, EF Core, goose,
# golang-migrate, Ecto, Laravel).
NOTHING_LEFT = re.compile(
    r"\bSchema \\?[`\"][^`\"\\]{1,63}\\?[`\"] is up to date\. No migration necessary\b"
    r"|\bNo pending migrations to apply\b|\bNo migrations to (?:apply|run)\b|\bno migrations to run\b"
    r"|\bDatabase is up to date, no changesets to execute\b|\bNo migrations are pending\b"
    r"|\bNo migrations were (?:executed, database schema was already|applied\. The database is already) up to date\b"
    r"|\bmigrat\w{1,8}[^\n]{0,40}: no change\b|\bMigrations already up\b|\bNothing to migrate\b"
)
# Something applies migrations here, though no step of it is named.
_OPENS = re.compile(
    r"\bContext impl \w{3,40}Impl\b|\bWill assume (?:non-)?transactional DDL\b|\bOperations to perform:"
    r"|\bRunning migrations:|\b\d{1,6} migrations? found in\b|\bmigrations are new migrations must be executed\b"
    r"|(?:^|[\s$+>&])(?:alembic\s[^\n]{0,80}?upgrade|flask db upgrade|prisma migrate deploy|knex migrate:latest"
    r"|sequelize[\w-]{0,8} db:migrate|typeorm [^\n]{0,80}?migration:run|(?:rake|rails) db:(?:migrate|prepare|setup)"
    r"|\S{0,120}manage\.py migrate|\w{1,40} db (?:upgrade|autoupgrade|migrate)|mix ecto\.migrate)\b"
    r"|\b(?:[Rr]unning|[Aa]pplying|[Pp]erforming|[Ee]xecuting|[Ss]tarting) (?:pending )?"
    r"(?:the )?(?:[Dd]atabase |DB |schema |[Aa]lembic |SQL ){0,3}migrations?\b|\b[Mm]igrate database\b"
    r"|\b(?:[Cc]reating|[Ii]nitiali[sz](?:ing|e)|[Ii]nstalling|[Ss]etting up|[Bb]ootstrapping|[Uu]pgrading"
    r"|[Mm]igrating)[^\n]{0,30} (?:tables|schema|database|db)\b"
)
# The server that comes after the migrations; what is said from here on is its own.
_SERVER = re.compile(
    r"\bStarting gunicorn\b|\bBooting worker\b|\bStarted server process\b|\bStarted parent process\b"
    r"|\bApplication startup complete\b|\bUvicorn running\b|\bStarting development server\b|\bServing Flask app\b"
    r"|\bStarting \w{3,20} (?:server|worker|application)\b|\bStarting (?:backend|server|application|web|app)\b"
    r"|\bPuma starting\b|\bcelery@|\bDaphne running\b|\bspawned uWSGI\b|\bListening (?:at|on)\b|\b[Ll]istening on\b"
    r"|\bexec (?:gunicorn|uvicorn|node|python|puma|daphne|celery)\b|\bTomcat started\b"
    r"|\bNest application successfully\b"
    r"|\bServer (?:is )?(?:running|listening|started)\b|\bHTTP/[\d.]{1,3}\" \d{3}\b",
)
_FAILING = re.compile(r"\b[Ff]ail|\b[Ee]rror|\bnot\b|\bcould not\b|\babort|\bunable\b")
# "Run 'manage.py migrate' to apply them": nobody does, yet.
_ADVICE = re.compile(
    r"\b[Pp]lease\b|\b[Rr]un:? [`'\"]|\b[Tt]ry |\b[Uu]se [`'\"]|\b[Tt]o (?:fix|resolve|apply)\b|\b[Nn]eed to\b"
)
# Somebody, or something, lost patience with a step that did not come back.
GAVE_UP = re.compile(
    r"\^C|\bAborted!|\bKeyboardInterrupt\b|\btimed out waiting for the condition\b|\bDeadlineExceeded\b"
    r"|\bcontext deadline exceeded\b|\bdid not (?:finish|complete) (?:in time|within)\b|\btimed out after\b"
    r"|\b(?:exceeded|reached) (?:its |the )?(?:progress )?(?:deadline|timeout)\b",
)


def step_name(event: LogEvent) -> str | None:
    """Return the name of the step that a line says is being applied, or ``None``."""
    found = _BEGINS.search(event.text)
    return " ".join(next(group for group in found.groups() if group is not None).split()) if found else None


def name_within(event: LogEvent) -> str | None:
    """Return the name of the step that a line says is being applied, in a run that was announced before it."""
    found = _WITHIN.search(event.text)
    return found["name"] if found else None


def is_done(event: LogEvent) -> bool:
    """Whether a line says that a step, or all of them, have been applied."""
    return bool(_DONE.search(event.text) or NOTHING_LEFT.search(event.text)) and not _FAILING.search(event.text)


def opens(event: LogEvent) -> bool:
    """Whether a line says that migrations are about to be applied."""
    return bool(_OPENS.search(event.text)) and not _ADVICE.search(event.text)


def starts_server(event: LogEvent) -> bool:
    """Whether a line comes from a server's own start, or from a request: no migration runs there any more."""
    return bool(_SERVER.search(event.text))
