"""Messages of PostgreSQL and of migration tools that only appear where two define the same thing at one time.

Two sessions may both find that a table is not there and both create it, also with IF NOT EXISTS. The later one fails on
a unique index of the system catalogue (``pg_type_typname_nsp_index`` and its like; PostgreSQL's
``src/include/catalog``), on an update of a row that the other has changed (``heapam.c``: "tuple concurrently updated"),
or on the tool's own version table.
"""

import re

from incidentlab.causes._evidence import said
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import LogEvent

RACE = Sign(
    name="concurrent-definition",
    pattern=re.compile(
        r"\bunique constraint \\?[\"“](?P<catalog>pg_(?:type|class|namespace|extension|proc|attribute|constraint"
        r"|database|index|operator|opclass|enum|trigger|am|language|collation|attrdef|policy|db_role_setting"
        r"|default_acl)_\w{1,60}_index)\\?[\"”]"
        r"|\bunique constraint \\?[\"“](?P<version>(?:alembic_version\w{0,20}|\w{0,40}schema_?migrations\w{0,20}"
        r"|\w{0,40}migrations?\w{0,40}_p(?:k|key|kc)|flyway_schema_history_pk|goose_db_version_\w{1,20}"
        r"|django_content_type_app_label\w{0,40}"
        r"|auth_permission_content_type\w{0,60}|databasechangeloglock_p\w{1,10}|version_pkey"
        r"|ar_internal_metadata_pkey))\\?[\"”]"
        r"|\btuple concurrently (?:updated|deleted)\b"
        r"|\bOnline migration expected to match one row when \w{1,20} (?P<alembic>[^\n]{1,200}?) in\b"
        r"|\banother migration process is currently running\b|\bConcurrentMigrationError\b"
        r"|\b[Aa]nother migration is already running\b"
    ),
    literals=(
        "unique constraint ", "tuple concurrently ", "Online migration expected to match one row",
        "another migration process is currently running", "ConcurrentMigrationError",
        "nother migration is already running",
    ),
    examples=(
        'psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint "pg_type_typname_nsp_index"',
        'ERROR:  duplicate key value violates unique constraint "pg_class_relname_nsp_index"',
        'ERROR:  duplicate key value violates unique constraint "pg_extension_name_index"',
        'duplicate key value violates unique constraint "alembic_version_pkc"',
        'PG::UniqueViolation: ERROR:  duplicate key value violates unique constraint "schema_migrations_pkey"',
        'duplicate key value violates unique constraint "django_content_type_app_label_76bd3d3b_uniq"',
        "ERROR:  tuple concurrently updated",
        "alembic.util.exc.CommandError: Online migration expected to match one row when updating 'a1' to 'b2' in "
        "'alembic_version'; 0 found",
        "ActiveRecord::ConcurrentMigrationError: Cannot run migrations because another migration process is currently "
        "running.",
        "Error: Another migration is already running",
    ),
)  # fmt: skip
_OBJECT = re.compile(r"\bKey \([^)\n]{1,200}\)=\((?P<name>[^,)\n]{1,200})")
# The message in another language still names the index.
_INDEX = re.compile(
    r"\bpg_(?:type_typname|class_relname|namespace_nspname|extension_name|proc_proname)_\w{0,40}?_?index\b"
)


def is_race(event: LogEvent) -> bool:
    """Whether an event says that somebody else defined the same at the same time."""
    text = said(event)
    return bool(RACE.pattern.search(text) or _INDEX.search(text))


def contended(event: LogEvent) -> str:
    """Return the object that two wanted to make, where the event or its DETAIL names it."""
    text = "\n".join((said(event), *(line for _, line in event.key_lines)))
    found = _OBJECT.search(text)
    return found["name"].strip() if found else ""
