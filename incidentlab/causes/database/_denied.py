"""How PostgreSQL says that a role may not do something."""

import re

from incidentlab.causes._evidence import said
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import LogEvent

# PostgreSQL's aclchk.c and the commands that ask more of a role. File systems write "Permission denied".
DENIED = Sign(
    "privilege-denied",
    re.compile(
        r"\bpermission denied for (?:table|relation|(?:materialized )?view|sequence|schema|database|tablespace"
        r"|column|type|domain|function|procedure|routine|aggregate|operator|language|large object"
        r"|foreign (?:table|server)"
        r"|foreign-data wrapper"
        r"|collation|conversion|extension|index|parameter|policy|publication|subscription|event trigger|text search"
        r"|statistics object) \\?[\"\w]"
        r"|\bpermission denied to (?:alter|change|copy|create|drop|finish|grant|perform|reassign|rename|set|update)\b"
        r"|\bmust be owner of [a-z]|\bmust be (?:able to SET ROLE|a member of the role|superuser)\b"
        r"|\bmust have CREATEROLE\b"
        r"|\bInsufficientPrivilege(?:Error)?\b|\bpermission denied: \\?\"|\bonly superusers? can\b"
        r"|\bOnly roles with the [A-Z]{4,16} attribute may\b|\bviolates row-level security policy\b"
    ),
    (
        "permission denied for ",
        "permission denied to ",
        "permission denied: ",
        "must be owner of ",
        "must be able to SET ROLE",
        "must be a member of the role",
        "must be superuser",
        "must have CREATEROLE",
        "InsufficientPrivilege",
        "only superuser",
        "Only roles with the ",
        "violates row-level security policy",
    ),
    (
        "ERROR:  permission denied for schema public at character 28",
        "psycopg2.errors.InsufficientPrivilege: permission denied for table pg_attribute",
        'FATAL:  permission denied for database "app"',
        'ERROR:  permission denied to create extension "postgis"',
        "ERROR:  permission denied to create database",
        'ERROR:  permission denied: "pg_class" is a system catalog',
        "ERROR:  must be owner of table tasks",
        "ERROR 42501: must be owner of extension plpgsql",
        'ERROR:  must be member of the role "owner", must be able to SET ROLE "owner"',
        "ERROR:  must be superuser to create FOR ALL TABLES publication",
        "asyncpg.exceptions.InsufficientPrivilegeError: permission denied for sequence tasks_id_seq",
        'ERROR:  new row violates row-level security policy for table "notes"',
    ),
    frozenset({"42501"}),
)
_OF_A_FILE = re.compile(
    r"\b(?:could not|cannot) (?:open|access|create|write|read|stat|remove|change)\b.{0,300}\bPermission denied\b"
    r"|\bdocker\.sock\b|\bDocker daemon socket\b|\bEACCES\b|\[Errno 13\]"
)
_OBJECT = re.compile(
    r"\b(?:permission denied for|must be owner of) (?P<kind>(?:materialized view|large object|foreign table|[a-z]+))"
    r" \\?[\"«„]{0,2}(?P<name>[\w.$-]{1,120})"
)
_TO = re.compile(r"\bpermission denied to (?P<what>[a-z]+ [a-z]+(?: \\?\"[\w.-]{1,80}\\?\")?)")


def of_a_file(event: LogEvent) -> bool:
    """Whether it is a file, or Docker's socket, that may not be touched."""
    text = said(event)
    return bool(_OF_A_FILE.search(text)) and not DENIED.pattern.search(text)


def denied_object(text: str) -> tuple[str, str] | None:
    """Return kind and name of what may not be touched: ("schema", "public")."""
    found = _OBJECT.search(text)
    return (found["kind"], found["name"]) if found else None


def denied_act(text: str) -> str:
    """Return what the role may not do at all: 'create extension "postgis"'."""
    found = _TO.search(text)
    return found["what"].replace("\\", "") if found else ""
