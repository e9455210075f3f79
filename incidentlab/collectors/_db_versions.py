"""What migration tools have noted in their tables, read with as few questions as possible."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incidentlab.collectors._db_queries import identifier
from incidentlab.collectors._db_session import Row, Session
from incidentlab.collectors._db_tools import LockTable, Tool, lock_of, tool_of
from incidentlab.model.database import MigrationTable
from incidentlab.redact import Redactor

if TYPE_CHECKING:
    from psycopg import Error

MOST_VERSIONS = 5_000


@dataclass(frozen=True, slots=True)
class _Found:
    place: str
    schema: str
    kind: Tool | LockTable
    query: str
    readable: bool


def read(
    session: Session, candidates: Sequence[Row], user: str, unread: list[str], redactor: Redactor
) -> tuple[MigrationTable, ...]:
    """Return the tables of migration tools with what they hold; those that may not be read go to ``unread``.

    Args:
        session: in its transaction.
        candidates: rows of ``_db_tools.CANDIDATES``; their order is kept.
        user: the role, for the sentence that it may not read a table.
        unread: takes a sentence for each table that is there and could not be read.
        redactor: for what the server says.

    Raises:
        psycopg.Error: the session was lost.
    """
    found = [one for row in candidates if (one := _found(row))]
    closed = [one for one in found if not one.readable]
    unread += [f"{one.place} could not be read: permission denied for table, {user} has no SELECT." for one in closed]
    answers = _answers(session, [one for one in found if one.readable], unread, redactor)
    tables = [_table(one.place, one.kind, answers.get(one.place)) for one in found if isinstance(one.kind, Tool)]
    for lock in found:
        if isinstance(lock.kind, LockTable) and (rows := answers.get(lock.place)):
            tables = [_locked(table, lock, redactor.text(str(rows[0][0]))) for table in tables]
    return tuple(tables)


def _found(row: Row) -> _Found | None:
    schema, table, columns, readable = row
    kind = tool_of(table, columns) or lock_of(table, columns)
    if kind is None:
        return None
    place = identifier(schema, table)
    query = _newest(kind, place) if isinstance(kind, Tool) else _lock(kind, place)
    return _Found(f"{schema}.{table}", schema, kind, query, bool(readable))


# The place is quoted; what else stands in the queries are constants of _db_tools.
def _newest(tool: Tool, place: str) -> str:
    what = f"SELECT ({tool.version})::text, ({tool.failed})::bool FROM {place}"  # noqa: S608
    return f"{what} ORDER BY {tool.order} DESC NULLS LAST LIMIT {MOST_VERSIONS}"


def _lock(table: LockTable, place: str) -> str:
    return f"SELECT {table.holder} FROM {place} WHERE {table.taken} LIMIT 1"  # noqa: S608


def _answers(session: Session, found: Sequence[_Found], unread: list[str], redactor: Redactor) -> dict[str, list[Row]]:
    import psycopg

    if not found:
        return {}
    try:
        rows = session.ask(*(one.query for one in found))
        return {one.place: answer for one, answer in zip(found, rows, strict=True)}
    except psycopg.Error as error:
        if session.lost:
            raise
        if len(found) == 1:
            unread.append(_refused(found[0], error, redactor))
            return {}
    answers: dict[str, list[Row]] = {}
    for one in found:
        try:
            answers[one.place] = session.ask(one.query)[0]
        except psycopg.Error as error:
            if session.lost:
                raise
            unread.append(_refused(one, error, redactor))
    return answers


def _refused(one: _Found, error: "Error", redactor: Redactor) -> str:
    said = redactor.text(str(error).partition("\n")[0]).rstrip(".")
    if error.sqlstate == "55P03":
        said += "; somebody holds a lock on it"
    return f"{one.place} could not be read: {said}."


def _table(place: str, tool: Tool, rows: Sequence[Row] | None) -> MigrationTable:
    if rows is None:
        return MigrationTable(tool.name, place, None)
    oldest_first = [row for row in rows[::-1] if row[0] is not None]
    failed = tuple(version for version, has_failed in oldest_first if has_failed)
    return MigrationTable(tool.name, place, tuple(dict.fromkeys(row[0] for row in oldest_first)), failed)


def _locked(table: MigrationTable, lock: _Found, holder: str) -> MigrationTable:
    same = isinstance(lock.kind, LockTable) and lock.kind.tool == table.tool
    return replace(table, locked=holder) if same and table.place.startswith(f"{lock.schema}.") else table
