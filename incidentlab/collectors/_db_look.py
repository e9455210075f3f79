"""A session's answers → facts, part by part."""

from collections.abc import Sequence
from dataclasses import replace

from incidentlab.collectors import _db_parts as parts
from incidentlab.collectors import _db_queries as queries
from incidentlab.collectors import _db_refusal, _db_session, _db_tools, _db_versions
from incidentlab.collectors._db_session import Row, Session
from incidentlab.model.database import DatabaseFacts
from incidentlab.redact import Redactor

# What is asked in one journey, and what people call it where it is refused.
_CATALOGUE = (
    (queries.TABLES, "The tables"),
    (_db_tools.CANDIDATES, "The tables of migration tools"),
    (queries.COLUMNS, "The columns"),
    (queries.SCHEMAS, "The schemas"),
    (queries.ROLE, "The role"),
    (queries.LOCKS, "The locks"),
    (queries.SESSIONS, "The sessions"),
    (queries.LIMITS, "The limits"),
    (queries.DATABASES, "The other databases"),
    (queries.INVALID_INDEXES, "The indexes"),
)


class Look:
    """Gathers facts part by part, so that what was read before a server fell silent is kept."""

    def __init__(self, facts: DatabaseFacts, unread: list[str], redactor: Redactor) -> None:
        self.facts = facts
        self._unread = unread
        self._redactor = redactor
        self._session: Session | None = None

    def at(self, session: Session, search_path: Sequence[str]) -> None:
        """Read everything, the most telling first.

        Raises:
            psycopg.Error: the session was lost, or there was none to be had behind a pooler.
        """
        self._session = session
        self._server(session, search_path)
        found = self._catalogue(session)
        self._versions(session, found.get("The tables of migration tools", ()))
        self._sequences(session)
        if rows := self._ask(session, queries.SIZE, "The size of the database"):
            self.facts = replace(self.facts, size=rows[0][0])

    def ended_by(self, error: Exception) -> None:
        """Note why there is no more to be had."""
        said = self._redactor.text(" ".join(str(error).split())) or type(error).__name__
        if self._session and self._session.given_up:
            said = f"the server accepted the connection and gave no answer within {_db_session.ANSWER_SECONDS:g} s"
        if self.facts.reachable:
            self._unread.append(f"The session ended before all was read: {said.rstrip('.')}.")
        else:
            state = getattr(error, "sqlstate", None) or _db_refusal.sqlstate(said)
            self.facts = replace(self.facts, error=said, sqlstate=state)

    def _server(self, session: Session, search_path: Sequence[str]) -> None:
        path = ", ".join(queries.identifier(one) for one in search_path)
        first = [f"SET LOCAL search_path = {path}"] if path else []
        server, settings = session.begin(*first, queries.SERVER, queries.SETTINGS)
        version, database, user, shown_path, schemas, in_recovery = server[0]
        values = {str(name): str(value) for name, value in settings}
        self.facts = replace(
            self.facts,
            reachable=True,
            server_version=version,
            database=database,
            user=user,
            search_path=shown_path,
            schemas=tuple(schemas),
            in_recovery=in_recovery,
            read_only=values.get("default_transaction_read_only") == "on",
            settings=values,
        )

    def _catalogue(self, session: Session) -> dict[str, Sequence[Row]]:
        schemas = queries.literals(self.facts.schemas)
        asked = [(query.replace("%(schemas)s", schemas), what) for query, what in _CATALOGUE]
        found = self._ask_all(session, asked)
        facts, tables = self.facts, found.get("The tables", ())
        if len(tables) > queries.MOST_TABLES:
            self._unread.append(f"There are more than {queries.MOST_TABLES:,} tables; those beyond were left out.")
        rights = None
        if {"The tables", "The schemas", "The role"} <= found.keys():
            rights = parts.privileges(
                found["The role"], found["The schemas"], tables, facts.search_path or "", facts.user or ""
            )
        limits, sessions = found.get("The limits", ()), found.get("The sessions")
        self.facts = replace(
            facts,
            tables=parts.tables(tables),
            columns=parts.columns(found.get("The columns", ())),
            privileges=rights,
            locks=parts.locks(found.get("The locks", ()), self._redactor),
            connections=parts.connections(sessions, limits[0]) if limits and sessions is not None else None,
            databases=tuple(row[0] for row in found.get("The other databases", ())),
            invalid_indexes=tuple(row[0] for row in found.get("The indexes", ())),
            transaction_age=limits[0][4] if limits else None,
        )
        if any(state is None for state, *_ in sessions or ()):
            self._unread.append(
                f"What other roles' sessions do is not shown to {facts.user}: it is no member of pg_read_all_stats."
            )
        return found

    def _versions(self, session: Session, candidates: Sequence[Row]) -> None:
        refused: list[str] = []
        tables = _db_versions.read(session, candidates, self.facts.user or "the role", refused, self._redactor)
        self._unread += refused
        alembic = next((one for one in tables if one.tool == "alembic"), None)
        self.facts = replace(
            self.facts,
            migration_tables=tables,
            revisions=alembic.versions if alembic else None,
            version_table=alembic.place if alembic else None,
            error=next((line for line in refused if alembic and line.startswith(f"{alembic.place} ")), None),
        )

    def _sequences(self, session: Session) -> None:
        rows = self._ask(session, queries.SEQUENCES, "The sequences")
        hidden = sum(not row[4] for row in rows)
        if hidden:
            self._unread.append(f"{hidden} sequences may not be read by {self.facts.user}.")
        if rows and rows[0][5] > len(rows):
            self._unread.append(f"Of {rows[0][5]:,} sequences, the {len(rows)} that end first were read.")
        self.facts = replace(self.facts, sequences=parts.sequences(rows))

    def _ask_all(self, session: Session, asked: Sequence[tuple[str, str]]) -> dict[str, Sequence[Row]]:
        """Ask all at once; where one is refused each alone, so that one cannot spoil the others."""
        import psycopg

        try:
            answers = session.ask(*(query for query, _ in asked))
            return {what: rows for (_, what), rows in zip(asked, answers, strict=True)}
        except psycopg.Error:
            if session.lost:
                raise
        before = len(self._unread)
        found = {what: self._ask(session, query, what) for query, what in asked}
        refused = {line.partition(" could not")[0] for line in self._unread[before:]}
        return {what: rows for what, rows in found.items() if what not in refused}

    def _ask(self, session: Session, query: str, what: str) -> Sequence[Row]:
        import psycopg

        try:
            return session.ask(query)[0]
        except psycopg.Error as error:
            if session.lost:
                raise
            said = self._redactor.text(str(error).partition("\n")[0]).rstrip(".")
            self._unread.append(f"{what} could not be read: {said}.")
            return ()
