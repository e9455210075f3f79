"""What migration tools say when the revisions are at fault: several heads, one that nobody knows, none at all.

Sources: Alembic's ``script/base.py``, ``script/revision.py``, ``config.py`` and ``util/pyfiles.py``; Django's
``db/migrations/{exceptions,graph,loader}.py`` and ``management/commands/migrate.py``; ActiveRecord's ``migration.rb``;
Flyway's ``ErrorCode``; golang-migrate's ``migrate.go`` and ``source/file``; Knex's ``Migrator``; Prisma's error
reference; sqlx's ``migrate/error.rs``; Ecto's ``migrator.ex``; Doctrine's exceptions; drizzle-orm's ``migrator.ts``.
"""

import re

from incidentlab.model.cause import Sign

# Products that number their schema by themselves, and refuse a database that a newer release has changed: Gitea,
# Nextcloud, Metabase's core/db, Synapse's prepare_database.py, SonarQube's DatabaseServerCompatibility, and whoever
# says it of "database", "schema" or "data".
_TOO_NEW = (
    r"\bDowngrade detected\b|\b(?:database|schema|version|possible) downgrade detected\b"
    r"|\b[Dd]atabase was upgraded to a (?:more recent|newer)\b"
    r"|\b[Dd]owngrad(?:e|es|ing)(?: of| the| your| from| to|ing){0,3}"
    r" (?:database|schema|data|(?:an? )?(?:older )?versions?|release|v?\d)[^\n]{0,80} (?:is|are) not "
    r"(?:supported|allowed|possible)\b"
    r"|\b(?:database|schema)\b[^\n]{0,60} (?:is|was) too new\b"
    r"|\b(?:database|schema|data) version\b[^\n]{0,80} can ?not be downgraded\b"
)

# … and what the same products say of "newer" and "higher": a number that is too high, and no revision by its name.
NEWER = re.compile(
    rf"{_TOO_NEW}|\bis for a newer\b|\b(?:is|was) newer (?:version )?than\b|\bis higher than the docker image version\b"
)

HEADS = Sign(
    name="multiple-heads",
    pattern=re.compile(
        r"\bMultiple head revisions are present\b|\bMultiple heads are present\b|\bhas multiple heads\b"
        r"|\bOnly a single head is supported\b|\bhas more than one head present\b"
        r"|\bConflicting migrations detected\b|\boverlaps with other requested revisions\b"
        r"|\bMultiple migrations have the (?:version number|name) (?P<rails>\w{1,120})"
        r"|\bFound more than one migration with version (?P<flyway>[\w.]{1,80})"
        r"|\bmigration version (?P<ecto>\d{8,14}) is duplicated\b|\bduplicate migration (?:file|version)\b"
        r"(?:: (?P<golang>[\w.-]{1,200})| (?P<provider>\d{1,20}))?"
        r"|\bduplicate version (?P<goose>\d{1,20}) detected\b"
    ),
    literals=(
        "Multiple head revisions are present", "Multiple heads are present", "has multiple heads",
        "Only a single head is supported", "has more than one head present", "Conflicting migrations detected",
        "overlaps with other requested revisions", "Multiple migrations have the ", "Found more than one migration",
        "is duplicated", "duplicate migration ", "duplicate version ",
    ),
    examples=(
        "FAILED: Multiple head revisions are present for given argument 'head'; please specify a specific target "
        "revision, '<branchname>@head' to narrow to a specific head, or 'heads' for all heads",
        "alembic.script.revision.MultipleHeads: Multiple heads are present for given argument 'head'; 1a2b, 3c4d",
        "The script directory has multiple heads (due to branching). Please use get_heads().",
        "Only a single head is supported. The script directory has multiple heads (due to branching).",
        "Version table 'alembic_version' has more than one head present; please use get_current_heads()",
        "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph: (0002_a, 0002_b)",
        "Requested revision 3c4d overlaps with other requested revisions 1a2b",
        "ActiveRecord::DuplicateMigrationVersionError: Multiple migrations have the version number 20240101000000.",
        "Found more than one migration with version 3",
        "migrations can't be executed, migration version 20240101000000 is duplicated",
        "failed to open source: duplicate migration file: 0002_b.up.sql",
        "panic: goose: duplicate version 3 detected:",
        "goose: failed to initialize provider: found duplicate migration version 3:",
    ),
)  # fmt: skip
UNKNOWN = Sign(
    name="unknown-revision",
    pattern=re.compile(
        r"\bCan't locate revision identified by '(?P<alembic>[^'\n]{0,200})'"
        r"|\bNo such (?:revision or )?branch:? '(?P<branch>[^'\n]{0,200})'"
        r"|\bis applied before its dependency (?P<history>[\w.]{1,200})"
        r"|\bCannot find a migration matching '(?P<target>[^'\n]{1,200})'"
        r"|\bThere is no migration for '[^'\n]{1,100}' with the prefix '(?P<prefix>[^'\n]{1,100})'"
        r"|\bNo migration with version number (?P<rails>\d{1,20})"
        r"|\bDetected applied migration not resolved locally: (?:(?P<flyway>[^\n]{1,80}?)(?=\.?(?:\n|$)|\. ))?"
        r"|\bno migration found for version (?P<golang>\d{1,20})"
        r"|\bmigration directory is corrupt, the following files are missing: (?P<knex>[^\n]{1,300})"
        r"|\bapplied to the database but missing from the local migrations directory\b"
        r"|\bmigrations recorded in the database diverge from the local migrations directory\b"
        r"|\bmigration (?P<sqlx>\d{1,20}) was previously applied but is missing in the resolved migrations\b"
        r"|\bVersionMissing\((?P<debug>\d{1,20})\)|\bmigrations from the database are not found locally\b"
        r"|\bmigration (?P<refinery>[VU]\d{1,20}__\w{1,160}) is missing from the filesystem\b"
        r"|\bpreviously executed migrations in the database that are not registered\b"
        r"|\bUnable to find migration:? (?P<umzug>[\w.-]{1,200})"
        r"|\bdatabase (?:schema )?\(?[^\n]{0,80}is for a newer\b"
        r"|\b(?:database|schema)(?: schema)?(?: version)?[^\n]{0,60} (?:is|was) newer (?:version )?than\b"
        r"|\bversion of the data \([^)\n]{1,60}\) is higher than the docker image version\b"
        r"|\bNot run migration [^\n]{1,200} is preceding already run migration\b"
        r"|\bbecause of (?P<sqlmigrate>[\w.-]{1,200}): unknown migration in database\b"
        r"|\bunknown migrations? (?:found )?in (?:the )?database\b(?:: (?P<inbase>[\w.-]{1,200}))?"
        r"|\bmigration (?P<absent>[\w.-]{1,160}) (?:is |was |exists )?(?:found )?in the database,? but (?:is )?not "
        r"(?:found )?(?:in|on|among) "
        r"|\b[Ff]ound migration in DB that does not exist in code\b"
        r"|\bpreviously executed migration (?P<kysely>[\w.-]{1,200}) is missing\b"
        rf"|{_TOO_NEW}"
    ),
    literals=(
        "Can't locate revision identified by", "No such revision or branch", "No such branch",
        "is applied before its dependency",
        "Cannot find a migration matching", "There is no migration for ", "No migration with version number",
        "Detected applied migration not resolved locally", "no migration found for version",
        "migration directory is corrupt", "missing from the local migrations directory",
        "diverge from the local migrations directory", "missing in the resolved migrations",
        "VersionMissing(", "are not found locally",
        "is missing from the filesystem", "that are not registered", "Unable to find migration", "is for a newer",
        "newer than", "newer version than", "is higher than the docker image version",
        "is preceding already run migration",
        "unknown migration", "database but not", "database, but not", "database but is not", "database, but is not",
        "that does not exist in code", "previously executed migration",
        "owngrad", "too new", "was upgraded to a ",
    ),
    examples=(
        "alembic.util.exc.CommandError: Can't locate revision identified by '50ab17e02cc4'",
        "ERROR [flask_migrate] Error: Can't locate revision identified by '08ec4f75af5e'",
        "alembic.script.revision.ResolutionError: No such revision or branch '50ab17e02cc4'",
        "django.db.migrations.exceptions.InconsistentMigrationHistory: Migration admin.0001_initial is applied before "
        "its dependency users.0001_initial on database 'default'.",
        "CommandError: Cannot find a migration matching '0007' from app 'blog'.",
        "ActiveRecord::UnknownMigrationVersionError: No migration with version number 20240101000000.",
        "Detected applied migration not resolved locally: 2.1.",
        "error: no migration found for version 20240101: read down for version 20240101 .: file does not exist",
        "The migration directory is corrupt, the following files are missing: 20240101_a.js",
        "The following migration(s) are applied to the database but missing from the local migrations directory: a",
        "migration 20240101 was previously applied but is missing in the resolved migrations",
        "migrate: VersionMissing(20240301120000)",
        "The migrations from the database are not found locally in prisma/migrations:",
        "[WARNING] You have 2 previously executed migrations in the database that are not registered migrations.",
        "Your database (migration version: 240) is for a newer Gitea, you can not use the newer database",
        "database schema version 12 is newer than the version this server supports",
        "Can't start Nextcloud because the version of the data (27.0.0.8) is higher than the docker image version (26)",
        "Unable to create migration plan because of 0004_x.sql: unknown migration in database",
        "migration 20240101 is in the database but not in the code",
        "Found migration in DB that does not exist in code",
        "corrupted migrations: previously executed migration 1700000000000-AddX is missing",
        "clojure.lang.ExceptionInfo: ERROR: Downgrade detected.",
        "ValueError: Cannot use this database as it is too new for the server to understand",
        "Downgrading from version 9.4 to 9.2 is not supported",
        "Database was upgraded to a more recent version of SonarQube. A backup must probably be restored",
    ),
)  # fmt: skip
FILES = Sign(
    name="migration-files",
    pattern=re.compile(
        r"\bRevision (?P<absent>[\w, ]{1,200}) referenced from [^\n]{1,400} is not present"
        r"|\bdependencies reference nonexistent parent node (?P<django>\([^)\n]{1,300}\))"
        r"|\bdepends on nonexistent node\b|\bNodeNotFoundError: (?!Migration)"
        r"|\bNo config file (?:'[^'\n]{0,300}'|[^\n]{0,300}) found\b|\bNo 'script_location' key found\b"
        r"|\bPath doesn't exist: (?P<path>[^\n]{1,300}?)\. {1,4}Please use the 'init' command"
        r"|\bPath doesn't exist: (?P<other>[^\n]{0,200}(?:migration|alembic)[^\n]{0,100})"
        r"|\bNo module named '(?P<module>(?:\w{1,80}\.){1,6}migrations(?:\.\w{1,80}){0,4})'"
        r"|\bCan't find Python file (?P<env>[^\n]{1,300}env\.py)"
        r"|\bDependency on (?:app with no migrations|unknown app): (?P<app>\w{1,100})"
        r"|\bApp '(?P<label>[^'\n]{1,100})' does not have migrations\b"
        r"|\bNo migrations? found in (?!the database)(?P<prisma>[\w./-]{1,200})"
        r"|\bNo migrations found\. Are your locations"
        r"|\bCould not find the migration file at\b|\bCould not (?:find|load)[^\n]{0,60}Prisma [Ss]chema\b"
        r"|\bCould not load `--schema` from provided path\b"
        r"|\bCannot find migrations? location(?:s)? in\b|\bUnable to resolve location (?:filesystem|classpath):"
        r"|\bCannot find changelog location\b"
        r"|\b[Cc]ould not find migrations directory\b|\bCannot load migrations from\b"
        r"|\bthere are no registered migrations\b|\bCan't find meta/_journal\.json\b"
        r"|\bNo file [^\n]{1,200}\.sql found in [^\n]{1,200} folder\b"
        r"|\bNo migrations were found in assembly\b|\bmigrations? (?:directory|folder) does not exist\b"
        r"|\bwhile resolving migrations: |\bfirst \.: file does not exist\b|\bread migrations: open\b"
        r"|\bfailed to open source, \\?\"file:[^\n]{1,300}: open (?P<source>[^\s:\"]{1,200}): no such file or directory"
        r"|\bexpected to find a migrations directory\b|\bYou need to run `?aerich init\b"
        r"|\bYou may need to run `aerich init-db`"
        r"|(?<![\w./-])(?P<gone>[\w./-]{0,200}(?:(?:migrations?|alembic)/[\w.-]{1,100}|/(?:migrations?|alembic)"
        r"|alembic\.ini))['\"`]? (?:(?:was |is )?not found|does not exist|doesn't exist|is missing|could not be found"
        r")\b"
        r"|\bUnable to open file: ['\"](?P<typeorm>[^'\"\n]{0,200}(?:data-?source|ormconfig|migration)[^'\"\n]{0,60})"
        r"|(?:ENOENT: no such file or directory,? ?,? (?:scandir|open|stat)|open|No such file or directory:?|stat) "
        r"['\"]?(?P<folder>[^\s'\":]{0,200}(?:migrations?|alembic)(?:/versions|/env\.py|\.ini)?/?)['\"]?"
        r"(?:$|\s|['\"]|: no such file or directory)"
    ),
    literals=(
        "No module named '",
        " referenced from ", "nonexistent parent node", "depends on nonexistent node", "NodeNotFoundError: ",
        "No config file", "No 'script_location' key found", "Path doesn't exist: ", "Can't find Python file ",
        "Dependency on app with no migrations", "Dependency on unknown app", "does not have migrations",
        "No migration found in ", "No migrations found", "Could not find the migration file at", "Prisma schema",
        "Prisma Schema", "Could not load `--schema`", "Cannot find migration", "Unable to resolve location ",
        "Cannot find changelog location", "ould not find migrations directory",
        "Cannot load migrations from", "there are no registered migrations", "Can't find meta/_journal.json",
        ".sql found in",
        "No migrations were found in assembly", "directory does not exist", "folder does not exist",
        "while resolving migrations: ", "first .: file does not exist", "read migrations: open",
        "failed to open source, ",
        "expected to find a migrations directory", "aerich init", "migration", "alembic", "Unable to open file: ",
    ),
    examples=(
        "UserWarning: Revision 1975ea83b712 referenced from 1975ea83b712 -> ae1027a6acf (head), add is not present",
        "django.db.migrations.exceptions.NodeNotFoundError: Migration shops.0002_x dependencies reference nonexistent "
        "parent node ('nearby', '0001_initial')",
        "FAILED: No config file 'alembic.ini' found, or file has no '[alembic]' section",
        "migration-1  |   FAILED: No 'script_location' key found in configuration.",
        "Error: Path doesn't exist: '/app/migrations'.  Please use the 'init' command to create a new scripts folder.",
        "ERROR [flask_migrate] Error: Path doesn't exist: migrations.  Please use the 'init' command to create a new "
        "scripts folder.",
        "ImportError: Can't find Python file /app/alembic/env.py",
        "ModuleNotFoundError: No module named 'shop.migrations'",
        "ValueError: Dependency on app with no migrations: accounts",
        "CommandError: App 'blog' does not have migrations.",
        "No migration found in prisma/migrations",
        "WARNING: No migrations found. Are your locations set up correctly?",
        "Error: P3015 Could not find the migration file at migration.sql.",
        "Cannot find migrations location in: [classpath:db/migration]",
        'Could not find migrations directory "priv/repo/migrations" for repo Shop.Repo.',
        'Cannot load migrations from "/var/www/html/migrations" because it is not a valid directory.',
        "error: Can't find meta/_journal.json file",
        "failed to open source: first .: file does not exist",
        'error: failed to open source, "file:///db": open /db: no such file or directory',
        "Error: migrations/env.py not found",
        'could not run migrations up for Shop.Repo because path "/app/priv/repo/migrations" does not exist',
        'Error: Unable to open file: "/app/dist/data-source.js". Cannot find module',
        "ENOENT: no such file or directory, scandir '/app/dist/migrations'",
        "open /migrations: no such file or directory",
        "FileNotFoundError: [Errno 2] No such file or directory: '/app/alembic/versions'",
        "error: while resolving migrations: No such file or directory (os error 2)",
    ),
)  # fmt: skip
