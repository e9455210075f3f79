"""Statements that are not the application's: a person at psql, a monitor, an administration tool of another age."""

import re

from incidentlab.model.evidence import LogEvent

_CATALOGUE = re.compile(r"\b(?:pg_(?!temp\b)[a-z_]{3,40}|information_schema)\b")
_PROBE = re.compile(r"\s{0,20}SELECT\s{1,8}(?:\$1|'[^']{1,200}')::regclass\b", re.IGNORECASE)
# Columns of the system's own views and tables that came and went with PostgreSQL's versions (its release notes); tools
# of another age ask for them.
_OF_THE_SYSTEM = frozenset(
    {"datlastsysoid", "procpid", "current_query", "waiting", "proisagg", "prokind", "checkpoints_timed", "consrc"}
    | {"checkpoints_req", "buffers_checkpoint", "total_time", "mean_time", "total_exec_time", "blk_read_time", "adsrc"}
    | {"relhasoids", "rolcatupdate", "usecatupd", "spclocation", "relistemp", "xmin_horizon", "wal_distance"}
    | {
        "relhaspkey",
        "attgenerated",
        "attidentity",
        "indnullsnotdistinct",
        "daticulocale",
        "reltriggers",
        "tgisconstraint",
    }
)


def asks_the_system(event: LogEvent) -> bool:
    """Whether the statement of an event reads the system's catalogue, as monitors and administration tools do.

    Mappers read it too, with ``'tasks'::regclass``: that table is the application's. Nothing but a cast, though, is a
    program that asks whether something is there.
    """
    sql = event.sql or ""
    return bool(_PROBE.match(sql)) or ("regclass" not in sql and bool(_CATALOGUE.search(sql)))


def is_systems(table: str) -> bool:
    """Whether a table is the system's or an extension's (pg_stat_statements), which a monitor asks for."""
    return table.rpartition(".")[2].strip('"').startswith("pg_")


def of_the_system(table: str, column: str) -> bool:
    """Whether a column is one of the system's own views."""
    return column in _OF_THE_SYSTEM or is_systems(table)
