"""Rows of the catalogue → facts."""

import re
from collections.abc import Iterable, Mapping, Sequence

from incidentlab.collectors import _db_queries as queries
from incidentlab.collectors._db_session import Row
from incidentlab.model.database import Connections, LockWait, Privileges, SequenceUse
from incidentlab.redact import MASK, Redactor

_MOST_TEXT = 2_000  # characters of a statement that are looked at
_SHOWN_TEXT = 400
# What people search for and store stands in literals; a statement is recognised without them.
_LITERAL = re.compile(
    r"\b[eE]'(?:[^'\\]|\\.|''){0,2000}'?"  # E'…': a backslash hides a quote
    r"|'[^']{0,2000}'?"
    r"|\$(?P<tag>[A-Za-z_]{0,20})\$[\s\S]{0,2000}?(?:\$(?P=tag)\$|\Z)"
)
_HIDDEN = "<insufficient privilege>"  # pgstatfuncs.c
_NEAR_THE_END = 0.8
_PART_OF_PATH = re.compile(r'\s{0,20}(?:"(?P<quoted>(?:[^"]|""){1,128})"|(?P<bare>[^,"\s]{1,128}))\s{0,20}(?:,|$)')


def statement(text: str | None, redactor: Redactor) -> str:
    """Return another session's statement on one line, without its literals and not longer than a few lines."""
    if not text or text == _HIDDEN:
        return ""
    without = _LITERAL.sub(f"'{MASK}'", text[:_MOST_TEXT])
    line = redactor.text(" ".join(without.split()))
    return line if len(line) <= _SHOWN_TEXT else line[: _SHOWN_TEXT - 1] + "…"


def tables(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the tables' names, in alphabetical order."""
    return tuple(sorted(f"{row[0]}.{row[1]}" for row in rows[: queries.MOST_TABLES]))


def columns(rows: Sequence[Row]) -> Mapping[str, tuple[str, ...]]:
    """Return each table's columns in their order; a table that was cut off in the middle is left out."""
    found: dict[str, list[str]] = {}
    for schema, table, column in rows:
        found.setdefault(f"{schema}.{table}", []).append(column)
    if len(rows) > queries.MOST_COLUMNS:
        found.popitem()
    return {table: tuple(names) for table, names in found.items()}


def privileges(
    role: Sequence[Row], schemas: Sequence[Row], table_rows: Sequence[Row], search_path: str, user: str
) -> Privileges:
    """Return what the role may not do; of schemas to create in, those that its search_path names."""
    closed = {name for name, _, may_create in schemas if not may_create}
    named = [(f"{row[0]}.{row[1]}", *row[2:]) for row in table_rows[: queries.MOST_TABLES]]
    return Privileges(
        superuser=bool(role and role[0][0]),
        cannot_use=tuple(name for name, may_use, _ in schemas if not may_use),
        cannot_create=tuple(name for name in path_names(search_path, user) if name in closed),
        cannot_read=tuple(sorted(name for name, read, *_ in named if not read)),
        cannot_write=tuple(sorted(name for name, read, add, change, _ in named if read and not (add and change))),
        not_owned=tuple(sorted(name for name, *_, owned in named if not owned)),
    )


def path_names(search_path: str, user: str) -> tuple[str, ...]:
    """Return the schemas that a search_path names, ``"$user"`` as the role's; they need not exist."""
    names: list[str] = []
    at = 0
    while at < len(search_path) and (found := _PART_OF_PATH.match(search_path, at)):
        quoted = found["quoted"]
        name = quoted.replace('""', '"') if quoted is not None else found["bare"].lower()
        names.append(user if name == "$user" else name)
        at = found.end()
    return tuple(names)


def locks(rows: Iterable[Row], redactor: Redactor) -> tuple[LockWait, ...]:
    """Return who waits for whom, the one that has waited longest first."""
    return tuple(
        LockWait(
            blocked=blocked,
            blocked_query=statement(blocked_query, redactor),
            blocker=blocker,
            blocker_query=statement(blocker_query, redactor) if blocker else redactor.text(blocker_query or ""),
            blocker_state=state or "",
            relation=relation or "",
            mode=mode or "",
            waited=waited,
            blocker_age=age,
            kind=kind or "",
        )
        for blocked, blocked_query, blocker, blocker_query, state, relation, mode, kind, waited, age in rows
    )


def connections(sessions: Sequence[Row], limits: Row) -> Connections:
    """Return the sessions that there are, ours left out, against what the server allows."""
    most, reserved, of_role, of_database, _ = limits
    idle = [age for state, _, age in sessions if state and state.startswith("idle in transaction") and age is not None]
    return Connections(
        used=sum(count for _, count, _ in sessions),
        limit=most,
        reserved=reserved,
        by_state={state or "not shown": count for state, count, _ in sessions},
        oldest_idle_in_transaction=max(idle, default=None),
        role_limit=of_role if of_role is not None and of_role >= 0 else None,
        database_limit=of_database if of_database >= 0 else None,
    )


def sequences(rows: Iterable[Row]) -> tuple[SequenceUse, ...]:
    """Return those that have used most of what they or their columns can hold, the fullest first."""
    near = [
        SequenceUse(name, last, ends, column or "")
        for name, column, ends, last, *_ in rows
        if last is not None and last >= ends * _NEAR_THE_END
    ]
    return tuple(sorted(near, key=lambda one: (-one.last / one.limit, one.name)))
