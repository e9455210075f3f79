"""The role that the service uses may not do what the service asks of it."""

import re

from incidentlab.causes._account import Account, chain, hear
from incidentlab.causes._evidence import query
from incidentlab.causes._settling import at_work_again
from incidentlab.causes.database._denied import DENIED, denied_act, denied_object, of_a_file
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence

_ID = "insufficient-privilege"
_TITLE = "The role lacks a privilege"
_ROW_SECURITY = "row-level security policy"
_EXTENSION = re.compile(r"\b(?:create extension|extension) \\?\"?(?P<name>[\w-]{1,63})")
# What a role may do in the whole server is an attribute of its own.
_ATTRIBUTES = {
    "create database": "CREATEDB",
    "create role": "CREATEROLE",
    "alter role": "CREATEROLE",
    "drop role": "CREATEROLE",
}


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: the server denies something, and the service does not do without it."""
    account = hear(evidence, (DENIED,), of_a_file)
    if account is None:
        return None
    settled = at_work_again(evidence, account)
    if settled:
        why = f"Something was denied, and the service does without it; {settled.claim[0].lower()}{settled.claim[1:]}."
        return RuledOut(_ID, _TITLE, why, settled.fact)
    looked = _looked_up(evidence, account)
    confidence = _confidence(account, looked)
    wanted = "What the role may do: give --database-url with the service's own role."
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(evidence, account),
        evidence=(*chain(account, "The server denies it to the role"), *looked),
        mend=_mends(evidence, account),
        missing=() if confidence == "certain" else (wanted,),
    )


def _confidence(account: Account, looked: tuple[Link, ...]) -> Confidence:
    if _ROW_SECURITY in account.text and not denied_object(account.text):
        return "possible"
    return "certain" if looked or account.hurt or (account.by_server and account.by_client) else "likely"


def _looked_up(evidence: Evidence, account: Account) -> tuple[Link, ...]:
    """Return the link to a look into the database that found the same privilege missing."""
    denied = denied_object(account.text)
    if not denied:
        return ()
    kind, name = denied
    for database in evidence.databases:
        if name in _lacks(database, kind):
            claim = f"The role {database.user or ''} lacks it on the {kind} {name}".replace("  ", " ")
            where = f"database {database.database or database.id}"
            shown = query(database, f"\\dn+ {name}" if kind == "schema" else f"\\dp {name}")
            return (Link(claim, database.id, where, quote=f"{kind} {name}", command=shown),)
    return ()


def _lacks(database: DatabaseFacts, kind: str) -> set[str]:
    held = database.privileges
    if held is None:
        return set()
    if kind == "schema":
        return {*held.cannot_use, *held.cannot_create}
    return {name.rpartition(".")[2] for name in (*held.cannot_read, *held.cannot_write, *held.not_owned)}


def _role(evidence: Evidence) -> str:
    return next((one.user for one in evidence.databases if one.user), "ROLE")


def _since_15(evidence: Evidence) -> bool:
    """Whether the server is known to be of version 15 or later, which grants nobody CREATE on public."""
    versions = [(one.server_version or "").split(".")[0] for one in evidence.databases]
    return any(version.isdecimal() and int(version) >= 15 for version in versions)


def _summary(evidence: Evidence, account: Account) -> str:
    text = account.text
    denied, act = denied_object(text), denied_act(text)
    if _ROW_SECURITY in text and not denied:
        return "A row-level security policy keeps the role from writing the row."
    if denied == ("schema", "public"):
        since = "this server" if _since_15(evidence) else "since PostgreSQL 15 a server"
        return f"The role may not create tables in the schema public: {since} grants that to the database's owner only."
    if denied and "must be owner of" in text:
        return f"The role does not own the {denied[0]} {denied[1]}, and only an owner may change it."
    if denied:
        return f"The role has no privilege for what it does with the {denied[0]} {denied[1]}."
    attribute = " ".join(act.split()[:2])
    if attribute in _ATTRIBUTES:
        return f"The role may not {attribute}s: it lacks the attribute {_ATTRIBUTES[attribute]}."
    return f"The role may not {act}." if act else "The role may not do what the service asks of it."


def _of_the_role(role: str, attribute: str, *, shadow: bool) -> tuple[Mend, ...]:
    grant = Mend("command", f"psql -U postgres -d postgres -c 'ALTER ROLE \"{role}\" {attribute}'",
                 "By a superuser: it is an attribute of the role, no privilege that GRANT gives.")  # fmt: skip
    if not shadow:
        return (grant,)
    text = "On a server apply what is there: prisma migrate deploy. Where it is developed, name a shadow database."
    why = "Only migrate dev makes a shadow database; shadowDatabaseUrl names one that a superuser has made."
    return Mend("text", text, why), grant


def _mends(evidence: Evidence, account: Account) -> tuple[Mend, ...]:
    role, text = _role(evidence), account.text
    extension = _EXTENSION.search(text)
    if extension:
        return (
            Mend("command", f"psql -U postgres -d DATABASE -c 'CREATE EXTENSION IF NOT EXISTS \"{extension['name']}\"'",
                 "Once, by a superuser; the migration's IF NOT EXISTS then finds it there."),
        )  # fmt: skip
    if act := _ATTRIBUTES.get(" ".join(denied_act(text).split()[:2])):
        return _of_the_role(role, act, shadow=any("shadow database" in event.text for event in evidence.logs))
    denied = denied_object(text)
    if denied and denied[0] == "schema":
        name = denied[1]
        return (
            Mend("command", f"psql -U postgres -d DATABASE -c 'ALTER DATABASE \"DATABASE\" OWNER TO \"{role}\"'",
                 "The database's owner may create in its schema public."),
            Mend("command", f"psql -U postgres -d DATABASE -c 'GRANT USAGE, CREATE ON SCHEMA {name} TO \"{role}\"'",
                 "Or grant just that; in the service's database, not in postgres."),
        )  # fmt: skip
    if denied and "must be owner of" in text:
        return (
            Mend("command", f"psql -U postgres -d DATABASE -c 'ALTER {denied[0].upper()} {denied[1]} OWNER TO "
                            f"\"{role}\"'",
                 "Only an owner may change it. REASSIGN OWNED BY old TO new moves all that a role owns at once."),
            Mend("text", "Or let the role that made it apply the migrations.",
                 "What a role creates is its own; the service then needs GRANTs alone."),
        )  # fmt: skip
    if denied and denied[1].startswith("pg_"):
        return (Mend("text", "Say it in DDL (ALTER TABLE … ALTER COLUMN … TYPE) instead of writing to the catalogue.",
                     "Only superusers may write to pg_ tables, and nobody should."),)  # fmt: skip
    what = "SEQUENCES" if denied and denied[0] == "sequence" else "TABLES"
    rights = "USAGE, SELECT" if what == "SEQUENCES" else "SELECT, INSERT, UPDATE, DELETE"
    return (
        Mend("command", f"psql -U postgres -d DATABASE -c 'GRANT {rights} ON ALL {what} IN SCHEMA public TO "
                        f"\"{role}\"'"),
        Mend("command", f"psql -U OWNER -d DATABASE -c 'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT "
                        f"{rights} ON {what} "
             f"TO \"{role}\"'", "For those that later migrations create; by the role that creates them."),
    )  # fmt: skip


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The database role may not create, change or read what the service or its migrations want.",
    explanation="""\
Logging in is one thing, being allowed something is another. PostgreSQL answers with SQLSTATE `42501` where a role
has no privilege on an object, is not its owner, or wants something that only superusers may do.

Since version 15 a new database grants `CREATE` on its schema public to its owner only. An old recipe (create the
role, create the database, `GRANT ALL ON DATABASE`) then lets the role connect and fail at the first `CREATE TABLE`.

Objects belong to the role that made them. Migrations run once by `postgres` and later by the application's role end
with "must be owner of"; tables made by one role are not readable for another one without a grant.

"Permission denied" with a capital letter is the file system's word, and `no pg_hba.conf entry` comes before any
privilege.""",
    shows=(
        "ERROR:  permission denied for schema public",
        "psycopg.errors.InsufficientPrivilege: permission denied for table tasks",
        "ERROR:  must be owner of table tasks",
        'ERROR:  permission denied to create extension "postgis"',
        "asyncpg.exceptions.InsufficientPrivilegeError, SQLSTATE 42501",
    ),
    check=(
        'psql "$DATABASE_URL" -c "SELECT current_user, current_schemas(false)"',
        'psql "$DATABASE_URL" -c "\\dn+" -c "\\dp" -c "\\l"',
        'psql "$DATABASE_URL" -c "SELECT tableowner, count(*) FROM pg_tables GROUP BY 1"',
    ),
    mend=(
        "For `schema public`: make the role owner of the database, or `GRANT USAGE, CREATE ON SCHEMA public`.",
        "For tables and sequences: `GRANT` them, and `ALTER DEFAULT PRIVILEGES` for those to come.",
        "For `must be owner of`: `ALTER … OWNER TO`, or `REASSIGN OWNED BY`.",
        "For extensions: let a superuser create them once.",
    ),
    prevent=(
        "Let one role own the schema and apply all migrations; give the service another one with grants.",
        "Create role and database in CI as in production, not with the superuser of the image.",
    ),
    confidence="""\
- **certain**: the denial is in the log, and a second fact says the same: the server's log beside the client's, a look
  into the database that finds the privilege missing, or the program's end.
- **likely**: the denial stands alone.
- **possible**: a row-level security policy refused a row, which may be on purpose.

A denial that the service does without, and serves, is no incident.""",
    find=find,
    explains=(
        "migration-failed",
        "migrations-behind",
        "migrations-not-applied",
        "schema-created-outside-migrations",
        "wrong-schema",
    ),
    links=(
        "https://www.postgresql.org/docs/current/ddl-priv.html",
        "https://www.postgresql.org/docs/release/15.0/",
    ),
    signs=(DENIED,),
)
