"""Rows that belong together → one event: what it says, how grave it is, and what caused it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from incidentlab.collectors import _inner, _languages, _postgres, _record, _sqlstate, _traceback
from incidentlab.collectors._rows import LONGEST, Origin, Row
from incidentlab.collectors._severity import of_word, says_its_level, severity
from incidentlab.collectors._traceback import Raised
from incidentlab.model.evidence import LogEvent

# "(psycopg.errors.UndefinedTable) …" and "<class 'asyncpg.exceptions.UndefinedTableError'>: …": SQLAlchemy names the
# driver's exception within its own.
_WRAPPED = re.compile(
    r"(?:\((?P<dotted>(?:psycopg2?|asyncpg|pg8000)\.[\w.]{1,120})\)|<class '(?P<within>asyncpg\.[\w.]{1,120})'>:) ?"
)
_STATEMENT = re.compile(r"\[SQL: (?P<sql>.{1,65536}?)(?:\]\s{0,4}(?:$|\n|\(Background)|\n\[parameters|$)", re.DOTALL)
_DATABASE_DRIVERS = ("psycopg", "asyncpg", "pg8000")
# What other languages' drivers call their errors: Java, Ruby, Elixir, .NET, Go, PHP, Node.
_FOREIGN = re.compile(
    r"(?P<dotted>(?:org\.postgresql\.[\w.]{1,100}|java\.sql\.\w{1,60}|PG::\w{1,60}|\(?Postgrex\.Error\)?|DBConnection\.\w{1,60}"
    r"|Npgsql\.\w{1,60}|PDOException|PrismaClient\w{1,40}|QueryFailedError|SequelizeDatabaseError))"
    r"(?: \([0-9x]{1,12}\))?:? (?P<message>.{0,2000})"
)
_FOREIGN_WORDS = ("org.postgresql.", "java.sql.", "PG::", "Postgrex.", "DBConnection.", "Npgsql.", "PDOException",
                  "PrismaClient", "QueryFailedError", "SequelizeDatabaseError")  # fmt: skip
# An exception within another one: "java.net.UnknownHostException: db", "System.Net.Sockets.SocketException (111): …"
_NAMED = re.compile(
    r"(?P<dotted>[A-Za-z_][\w$]{0,100}(?:\.[\w$]{1,100}){1,12})(?: \([0-9A-Fa-fx]{1,12}\))?: (?P<message>.*)"
)
_CAUSED = re.compile(r"^\s{0,16}---> |\bCaused by: ")
# Older libpq names the host and the port only in the lines after the refusal.
_WORTH_SHOWING = (
    "LINE ", "DETAIL:", "HINT:", "CONTEXT:", "[SQL", "Is the server running on host ", "TCP/IP connections on port ",
)  # fmt: skip
# PostgreSQL's drivers by their frames in a stack that has no word of a database otherwise.
_DRIVER_FRAMES = (
    (" Npgsql.", "npgsql"), ("org.postgresql.", "org.postgresql"), ("node_modules/pg/", "pg"), ("/jackc/pgx", "pgx"),
    ("node_modules/pg-pool/", "pg"), ("github.com/lib/pq", "pq"), ("tokio_postgres::", "tokio_postgres"),
    ("com.zaxxer.hikari.", "hikari"), ("(postgrex ", "postgrex"), ("sqlx_core::", "sqlx"),
    ("connection_adapters/postgresql", "pg"), ("Doctrine\\DBAL\\Driver", "dbal"),
)  # fmt: skip
_MOST_KEY_LINES = 24
_LOGIN_REFUSED = ("28P01", "28000")


def of_message(message: _postgres.Message, origin: Origin) -> LogEvent:
    """Return the event of one message of PostgreSQL's server."""
    first, last = message.rows[0], message.rows[-1]
    level = of_word(message.level)
    english = _english(" ".join([message.text, *_rest_of_first(message)]))
    if len(message.rows) > 1 and _languages.maybe(message.rows[1].text):
        detail = _english(message.rows[1].text)
        if english and detail and english.sqlstate in _LOGIN_REFUSED:
            # Why a login was refused is told to nobody but the server's log.
            english = english._replace(text=f"{english.text}\n{detail.text}")
        english = english or detail
    return LogEvent(
        id=f"log:{origin.source}:{first.number}",
        source=origin.source,
        first_line=first.number,
        last_line=last.end,
        text=message.text,
        at=first.at,
        severity=level,
        sqlstate=message.sqlstate or _sqlstate.in_text(message.text) or (english.sqlstate if english else None),
        sql=message.statement,
        key_lines=_pairs(message.rows) if level in ("error", "fatal") or _has_hint(message) else (),
        command=origin.command,
        service=origin.service,
        speaker=origin.speaker,
        from_server=True,
        english=english.text if english else "",
    )


def _has_hint(message: _postgres.Message) -> bool:
    # A port that is taken is a LOG to the server, and its HINT alone says which.
    return len(message.rows) > 1 and any(row.text.startswith("HINT: ") for row in message.rows)


def _rest_of_first(message: _postgres.Message) -> Iterator[str]:
    # Some translators break a long message.
    for row in message.rows[1:4]:
        if not row.text.startswith("\t"):
            break
        yield row.text.strip()


def of_block(rows: Sequence[Row], block: _traceback.Block, origin: Origin) -> LogEvent:
    """Return the event of a chain of exceptions that was printed in ``rows``."""
    last, inner = block.raised[-1], _innermost(block.raised)
    wrapped = _wrapped(inner.row.text)
    cause = wrapped[0] if wrapped else inner.dotted
    texts = "\n".join(row.text for one in block.raised for row in (one.row, *one.more))
    english = _english(inner.row.text) or _english(last.row.text)
    return LogEvent(
        id=f"log:{origin.source}:{rows[0].number}",
        source=origin.source,
        first_line=rows[0].number,
        last_line=rows[-1].end,
        text=last.row.text,
        at=rows[0].at or last.row.at,
        severity="error",
        exception=last.dotted,
        cause=cause,
        cause_text=f"{wrapped[0]}: {wrapped[1]}" if wrapped else inner.row.text,
        sqlstate=_sqlstate.of_class(cause) or _sqlstate.in_text(texts) or (english.sqlstate if english else None),
        sql=_statement(texts),
        key_lines=_key_lines(inner, last),
        command=origin.command,
        packages=block.packages,
        service=origin.service,
        speaker=origin.speaker,
        english=english.text if english else "",
    )


def of_line(row: Row, origin: Origin) -> LogEvent:
    """Return the event of one line that stands by itself."""
    text = row.text
    record = row.record
    if record is not None:
        level = of_word(record.level) if record.level else severity(text)
    else:
        level = severity(text)
        if "=" in text and '\\"' in text:
            text = _record.logfmt(text) or text
    # Looked for only where there may be one: most lines are plain.
    wrapped = _wrapped(text) if "(psycopg" in text or "asyncpg" in text or "(pg8000" in text else None
    foreign = None if wrapped or level in ("debug", "info") else _foreign(text)
    found = wrapped or foreign
    grave = level in ("error", "fatal")
    # A pool that tries again warns only, and quotes what the server said.
    quotes = grave or found or level == "warning"
    # Drivers of Go and PHP hand it on in lines that name no level, or name it far behind.
    quotes = quotes or "FATAL: " in text or "SQLSTATE" in text or "pq: " in text
    english = _english(text) if quotes else None
    state = record.sqlstate if record else None
    return LogEvent(
        id=f"log:{origin.source}:{row.number}",
        source=origin.source,
        first_line=row.number,
        last_line=row.end,
        text=text,
        at=row.at,
        severity=level,
        cause=found[0] if found else None,
        cause_text=f"{found[0]}: {found[1]}" if found else None,
        sqlstate=(_sqlstate.of_class(found[0]) if found else None)
        or (state if state in _sqlstate.CODES else None)
        or _sqlstate.in_text(text)
        or (english.sqlstate if english else None),
        sql=_statement(text),
        key_lines=((row.number, text),) if grave else (),
        command=origin.command,
        service=origin.service,
        speaker=origin.speaker,
        english=english.text if english else "",
    )


def with_trail(event: LogEvent, rows: Sequence[Row]) -> LogEvent:
    """Return an event with the lines that belong to it: its last line, what they say of its cause, and its SQL."""
    texts = "\n".join(row.text for row in rows)
    causes = [_CAUSED.split(row.text, maxsplit=1)[-1] for row in rows if _holds(row.text)]
    chain = [hit for text in causes if (hit := _foreign(text) or _named(text))]
    own = _raised_in(event)
    named = _inner.telling([*own, *chain]) if chain else None
    named = None if named in own else named
    english = _english(f"{named[0]}: {named[1]}") if named and not event.english else None
    shown = tuple((row.number, row.text) for row in rows if _is_worth_showing(row.text) or _holds(row.text))
    return replace(
        event,
        last_line=rows[-1].end,
        cause=named[0] if named else event.cause,
        cause_text=f"{named[0]}: {named[1]}"[:LONGEST] if named else event.cause_text,
        sqlstate=event.sqlstate
        or (_sqlstate.of_class(named[0]) if named else None)
        or _sqlstate.in_text(texts)
        or (english.sqlstate if english else None),
        sql=event.sql or _statement(texts),
        key_lines=(*event.key_lines, *shown)[:_MOST_KEY_LINES],
        packages=event.packages or tuple(dict.fromkeys(name for frame, name in _DRIVER_FRAMES if frame in texts)),
        severity="error"
        if event.severity in ("debug", "info") and _is_of_error(event, named, rows)
        else event.severity,
        english=event.english or (english.text if english else ""),
    )


def _raised_in(event: LogEvent) -> list[_inner.Raised]:
    """Return the driver's exception that an event's own line names, where it does."""
    return [(event.cause, (event.cause_text or "").removeprefix(f"{event.cause}: "))] if event.cause else []


def _holds(text: str) -> bool:
    # Java's word for the exception within another, and .NET's.
    return "Caused by: " in text or text.lstrip().startswith("---> ")


def _is_of_error(event: LogEvent, named: tuple[str, str] | None, rows: Sequence[Row]) -> bool:
    if says_its_level(event.text):
        return False
    return bool(event.sqlstate or named) or rows[0].text.startswith(("LINE ", "\tIs the server "))


def _innermost(raised: Sequence[Raised]) -> Raised:
    # A chain may begin with something beside the point (a KeyError of a cache); the driver's word comes first.
    for one in raised:
        if one.dotted.startswith(_DATABASE_DRIVERS):
            return one
    return raised[0]


def _wrapped(text: str) -> tuple[str, str] | None:
    """Return the driver's class that SQLAlchemy names within a line, and the message after it."""
    found = None
    for found in _WRAPPED.finditer(text):
        if found["within"]:
            break
    return (found["within"] or found["dotted"], text[found.end() :]) if found else None


def _foreign(text: str) -> tuple[str, str] | None:
    """Return the class by which another language's driver names its error, and the message after it."""
    if not any(word in text for word in _FOREIGN_WORDS):
        return None
    found = _FOREIGN.search(text)
    return (found["dotted"].strip("()"), found["message"].strip()) if found else None


def _named(text: str) -> tuple[str, str] | None:
    found = _NAMED.match(text)
    return (found["dotted"], found["message"]) if found else None


def _english(text: str) -> _languages.English | None:
    return _languages.english(text) if _languages.maybe(text) else None


def _statement(text: str) -> str | None:
    if "[SQL: " not in text:
        return None
    found = _STATEMENT.search(text)
    return found["sql"].strip() if found else None


def _key_lines(inner: Raised, last: Raised) -> tuple[tuple[int, str], ...]:
    """Return the exception's line, LINE and caret, DETAIL, HINT and the SQL; the cause before it where it says more."""
    shown: list[Row] = []
    if inner is not last and inner.row.text.partition(": ")[2] not in last.row.text:
        shown += [inner.row, *_worth_showing(inner.more)]
    return _pairs([*shown, last.row, *_worth_showing(last.more)])


def _is_worth_showing(text: str) -> bool:
    stripped = text.lstrip()
    return stripped.startswith((*_WORTH_SHOWING, "^")) or (not text.isascii() and bool(_languages.part(text)))


def _worth_showing(more: Sequence[Row]) -> list[Row]:
    kept: list[Row] = []
    statement = False
    for row in more:
        if row.text.startswith(("[parameters", "(Background")):
            statement = False
        elif statement or _is_worth_showing(row.text) or not row.text.startswith((" ", "\t")):
            kept.append(row)
            statement = (statement or row.text.startswith("[SQL")) and not row.text.rstrip().endswith("]")
    return [row for row in kept if row.text.strip()]


def _pairs(shown: Sequence[Row]) -> tuple[tuple[int, str], ...]:
    return tuple((row.number, row.text) for row in shown[:_MOST_KEY_LINES])
