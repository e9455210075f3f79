"""What a remedy has to stand besides the scenario's own expectations, judged by state and never by its text.

A service that only looks well is told from one that is by what becomes of the truth: rows written over HTTP are looked
for in the database, rows changed there have to be read over HTTP, and where something is taken away the service has to
say so. All of it happens to a stack that goes away right after it.
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from incidentlab.engines._base import Stack
from incidentlab.lab.challenge import witness
from incidentlab.lab.observe import watch
from incidentlab.lab.probes import HEALTH_PATH, Answer, Prober, failed
from incidentlab.lab.recorder import Recorder
from incidentlab.model.run import Check
from incidentlab.model.scenario import Expectation, ExpectedAnswer, Scenario
from incidentlab.redact import Redactor

if TYPE_CHECKING:
    import psycopg

_OPTIONS = "-c statement_timeout=20s -c lock_timeout=5s"
_NAME = "incidentlab-judge"  # of our own session, which is not to be ended with the app's
_BOOKKEEPING = "alembic_version"
_PATIENCE = 8.0  # seconds in which a service without its table may still turn out to look alive
_BUNDLED = "service"  # the place of the bundled service, of which all routes are known


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried with a service that has met all expectations; use it as ``Options.trial``."""

    expect: Expectation
    mark: str
    bundled: bool

    @classmethod
    def of(cls, scenario: Scenario, expect: Expectation, mark: str) -> "Trial":
        """Return the trial for the learner's copy of a scenario."""
        return cls(expect, mark, any(each.place == _BUNDLED for each in scenario.context))

    def __call__(self, stack: Stack, recorder: Recorder) -> list[Check]:
        """Try it; stop at the first thing that does not hold."""
        import psycopg

        probers = [Prober(url, recorder) for url in stack.app_urls]
        done: list[Check] = []
        try:
            with psycopg.connect(
                stack.admin_url, autocommit=True, connect_timeout=5, options=_OPTIONS, application_name=_NAME
            ) as session:
                for each in self._tries(stack, session, probers, recorder):
                    done.append(each)
                    if not each.met:
                        break
        except psycopg.Error as error:
            said = Redactor(stack.secrets).text(str(error).strip().partition("\n")[0])
            done.append(Check("a look into the database", False, "possible", said or type(error).__name__))
        finally:
            for prober in probers:
                prober.close()
        return done

    def _tries(
        self, stack: Stack, session: "psycopg.Connection[Any]", probers: list[Prober], recorder: Recorder
    ) -> Iterator[Check]:
        if witness.wanted(self.expect):
            kept = witness.holding(session, self.mark)
            yield Check("rows from before", bool(kept), "the very same rows", "there" if kept else "others, or none")
        writing = next((each for each in self.expect.http if each.status == 201), None)
        if writing is not None:
            yield from _round_trip(session, probers[0], writing, whole=self.bundled)
        yield from _honest_health(session, probers)
        if self.bundled:
            yield _health_without_database(stack, probers)
            yield from self._without_tables(stack, session, probers, recorder)

    def _without_tables(
        self, stack: Stack, session: "psycopg.Connection[Any]", probers: list[Prober], recorder: Recorder
    ) -> Iterator[Check]:
        """Take the tables away: what is served must fail then, and a start must not look like one that went well."""
        wanted = self.expect.database.tables if self.expect.database else ()
        tables = [each for each in wanted if each != _BOOKKEEPING]
        reads = [each for each in self.expect.http if each.method == "GET" and each.path.strip("/") in tables]
        with _away(session, tables):
            for each in reads[:1]:
                answer = probers[0].ask(each.method, each.path)
                yield Check(f"{each.method} {each.path} without its table", failed(answer), "fails", _said(answer))
            stack.deploy(replace(stack.spec, variant=f"{stack.spec.variant}-again"))
            stack.start_app()
            for prober, url in zip(probers, stack.app_urls, strict=True):
                prober.base_url = url
            seen = watch(stack, probers[0], _PATIENCE, lambda _: None, others=probers[1:])
            expected = "refuses to start, or is not healthy"
            yield Check("a start without its table", seen.outcome != "healthy", expected, seen.outcome)


def _round_trip(
    session: "psycopg.Connection[Any]", prober: Prober, writing: ExpectedAnswer, *, whole: bool
) -> Iterator[Check]:
    """Write over HTTP and look into the database; change it there and read it over HTTP; then replace and delete."""
    body, first = _marked(writing)
    if not first:
        return
    created = prober.ask(writing.method, writing.path, body)
    place = created.headers.get("Location", "")
    tables = witness.holding(session, first)
    yield Check("what is written is in the database", bool(tables), "the row", "there" if tables else "not there")
    second = _word()
    changed = sum(_rename(session, table, first, second) for table in tables)
    answer = prober.ask("GET", place)
    read = bool(changed) and answer.status == 200 and second in answer.body
    yield Check("what is in the database is read", read, "the changed row", "read" if read else _said(answer))
    if not whole:
        return
    third = _word()
    answer = prober.ask("PUT", place, {**body, _field(body): third})
    stored = bool(witness.holding(session, third))
    yield Check("PUT reaches the database", answer.status == 200 and stored, "200, the row is changed", _said(answer))
    answer = prober.ask("DELETE", place)
    gone = not witness.holding(session, third) and prober.ask("GET", place).status == 404
    yield Check("DELETE reaches the database", answer.status == 204 and gone, "204, the row is gone", _said(answer))


def _honest_health(session: "psycopg.Connection[Any]", probers: list[Prober]) -> Iterator[Check]:
    """Let the database have a revision that no code knows: a health endpoint that looks says so."""
    places = [each for each in witness.tables(session) if each.endswith(f".{_BOOKKEEPING}")]
    if not places:
        return
    with ExitStack() as restoring:
        for place in places:
            known = session.execute(f"SELECT version_num FROM {place}".encode()).fetchall()  # noqa: S608 - named by the server
            restoring.callback(_set_revisions, session, place, [each[0] for each in known])
            _set_revisions(session, place, [secrets.token_hex(6)])
        answers = [each.ask("GET", HEALTH_PATH) for each in probers]
    content = [each for each in answers if each.status == 200]
    seen = _said(content[0] if content else answers[0])
    name = f"GET {HEALTH_PATH} at a revision nobody knows"
    yield Check(name, not content, "503: it tells the truth", seen)


def _health_without_database(stack: Stack, probers: list[Prober]) -> Check:
    """Let the database take no sessions for a moment, and end those there are."""
    import psycopg
    from psycopg import sql

    allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
    name = sql.Identifier(stack.spec.database.name)
    # Every server has this one; a session cannot shut the database that it is in.
    with psycopg.connect(stack.admin_url, dbname="template1", autocommit=True, connect_timeout=5) as session:
        session.execute(allow.format(name, sql.SQL("false")))
        try:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s AND application_name <> %s AND backend_type = 'client backend'",
                (stack.spec.database.name, _NAME),
            )
            answers = [each.ask("GET", HEALTH_PATH) for each in probers]
        finally:
            session.execute(allow.format(name, sql.SQL("true")))
    content = [each for each in answers if each.status == 200]
    seen = _said(content[0] if content else answers[0])
    return Check(f"GET {HEALTH_PATH} without the database", not content, "503: it tells the truth", seen)


def _set_revisions(session: "psycopg.Connection[Any]", place: str, revisions: list[str]) -> None:
    with session.transaction():
        session.execute(f"DELETE FROM {place}".encode())  # noqa: S608 - named by the server
        for each in revisions:
            session.execute(f"INSERT INTO {place} VALUES (%s)".encode(), (each,))  # noqa: S608


@contextmanager
def _away(session: "psycopg.Connection[Any]", tables: list[str]) -> Iterator[None]:
    """Give tables another name for a while; those of views too, should somebody have put one in their place."""
    from psycopg import sql

    found = session.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relname = ANY(%s) AND c.relkind IN ('r', 'p', 'v') AND n.nspname !~ '^pg_'",
        (tables,),
    ).fetchall()
    rename = sql.SQL("ALTER TABLE {} RENAME TO {}")
    for schema, name in found:
        session.execute(rename.format(sql.Identifier(schema, name), sql.Identifier(f"{name}_away")))
    try:
        yield
    finally:
        for schema, name in found:
            session.execute(rename.format(sql.Identifier(schema, f"{name}_away"), sql.Identifier(name)))


def _rename(session: "psycopg.Connection[Any]", table: str, old: str, new: str) -> int:
    """Change a text wherever it fills a column of a table; return in how many places."""
    columns = session.execute(
        "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
        "AND NOT attisdropped AND atttypid IN ('text'::regtype, 'varchar'::regtype)",
        (table,),
    ).fetchall()
    changed = 0
    for (name,) in columns:
        # Looked for first: a column too short for the text would refuse the update although no row is meant.
        there = f"SELECT FROM {table} WHERE {name} = %s"
        if session.execute(there.encode(), (old,)).rowcount:
            update = f"UPDATE {table} SET {name} = %s WHERE {name} = %s"  # noqa: S608
            changed += session.execute(update.encode(), (new, old)).rowcount
    return changed


def _marked(writing: ExpectedAnswer) -> tuple[dict[str, Any], str]:
    """Return the body of a request with a word of ours in its first text, and that word; empty where it has none."""
    body = dict(writing.json) if isinstance(writing.json, dict) else {}
    field = _field(body)
    if not field:
        return body, ""
    word = _word()
    return {**body, field: word}, word


def _field(body: dict[str, Any]) -> str:
    return next((name for name, value in body.items() if isinstance(value, str)), "")


def _word() -> str:
    return f"witness {secrets.token_hex(6)}"


def _said(answer: Answer) -> str:
    return str(answer.status) if answer.status is not None else answer.error
