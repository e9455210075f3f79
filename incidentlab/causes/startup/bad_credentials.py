"""The server does not accept the user or the password that the service shows."""

from incidentlab.causes._evidence import cited, cut, from_server, is_after
from incidentlab.causes.startup import _pooler
from incidentlab.causes.startup._commands import by_journal, environment_of, in_server, plain
from incidentlab.causes.startup._course import app_name, ending_links, got_through, settled, wanted_state
from incidentlab.causes.startup._holder import refused_by_holder
from incidentlab.causes.startup._login import (
    SIGNS,
    Reason,
    heard_on_both_sides,
    is_missing_role,
    reason,
    refused_logins,
    user_in,
    user_named,
)
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import DatabaseFacts, Evidence, LogEvent

_ID = "bad-credentials"
_TITLE = "The database refuses the user or its password"
_OLD_VOLUME = "Database directory appears to contain a database; Skipping initialization"
_STATES = frozenset({"28P01", "28000"})


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a login that was refused, and no program that got in afterwards."""
    asked = next((facts for facts in evidence.databases if _is_refused(facts)), None)
    refused = refused_logins(evidence)
    if not refused:
        return _from_facts(evidence, asked) if asked else None
    held = None if asked else refused_by_holder(evidence, refused)
    if held:
        why = (f"The database could not have its port, line {held[0].first_line}, and never listened: the program that "
               "has the port refused the login.")  # fmt: skip
        return RuledOut(_ID, _TITLE, why, held[0].id)
    over = settled(evidence, _ID, _TITLE, refused, "A login was refused at first", of_database=True)
    of_others = _by_probe(refused, over) or (_of_others(evidence, refused, over) if over else None)
    return of_others or over or _finding(evidence, refused, asked)


def _by_probe(refused: tuple[LogEvent, ...], over: RuledOut | None) -> RuledOut | None:
    """Return that only a health check without a user was refused: ``pg_isready`` takes the system's user, root."""
    if not all(from_server(event) and is_missing_role(event) and user_in(event) == "root" for event in refused):
        return None
    why = "Only the server speaks of a role root: a health check that asks as root; give its pg_isready -U and a role."
    return RuledOut(_ID, _TITLE, why, over.fact if over else refused[-1].id)


def _of_others(evidence: Evidence, refused: tuple[LogEvent, ...], over: RuledOut) -> RuledOut | None:
    """Return that the refused logins are somebody else's: only the server tells of them, and a service works meanwhile.

    One user who was refused before anything worked may be the service's own first try.
    """
    works = next((event for event in evidence.logs if event.id == over.fact and not from_server(event)), None)
    if works is None or not all(from_server(event) for event in refused):
        return None
    users = tuple(dict.fromkeys(user for event in refused if (user := user_in(event))))
    before = [event for event in evidence.logs if is_after(refused[-1], event)]
    if len(users) < 2 and not any(got_through(event) for event in before):
        return None
    named = f" ({', '.join(users[:4])})" if users else ""
    why = f"Only the server tells of refused logins{named}, a health check's or a stranger's: line {works.first_line} "
    return RuledOut(_ID, _TITLE, f"{why}shows that the service works, {cut(works.text, 120)}", works.id)


def _is_refused(facts: DatabaseFacts) -> bool:
    if facts.reachable:
        return False
    if facts.sqlstate in _STATES:
        return "pg_hba" not in (facts.error or "")
    return any(sign.pattern.search(facts.error or "") for sign in SIGNS)


def _finding(evidence: Evidence, refused: tuple[LogEvent, ...], asked: DatabaseFacts | None) -> Finding:
    clients = [event for event in refused if not from_server(event)]
    first = next((event for event in clients if not _pooler.own(event)), clients[0] if clients else refused[0])
    pooled = _pooler.unknown(refused)
    if pooled:
        return _of_pooler(evidence, refused, first, pooled)
    role, user = is_missing_role(first), _one_user(first, refused)
    told = reason(refused, user)
    why: Reason | None = told[0] if told else "no role" if role else None
    sure = why != "no role" and (asked is not None or heard_on_both_sides(refused))
    alone = all(from_server(event) for event in refused)
    confidence: Confidence = (
        "certain" if sure or (asked and why == "no role") else "possible" if alone and role else "likely"
    )
    links = [cited(first, f"The server refuses the user {user}" if user else "The server refuses the login")]
    confirmed = next((event for event in refused if from_server(event) and event.id != first.id), None)
    if confirmed:
        links.append(cited(confirmed, "The server's own log says so"))
    if told:
        _, event, (line, quote) = told
        links.append(Link("It says why, to nobody but its log", event.id, f"log of {event.source}", line, quote,
                          event.command))  # fmt: skip
    if asked:
        links.append(_link(asked))
    old = next((event for event in evidence.logs if _OLD_VOLUME in event.text), None)
    if old:
        links.append(cited(old, "The volume was initialised by an earlier start, with the users of that time"))
    links += ending_links(evidence, first)
    wanted = "The server's log would show why it refused: a wrong password, an unknown role, or a rule of pg_hba.conf."
    missing = () if confidence == "certain" else (*(() if told or role else (wanted,)), *wanted_state(evidence, first))
    return _found(confidence, _summary(why, user, old=bool(old)), tuple(links),
                  _mends(evidence, first, user, why, old=bool(old)), missing)  # fmt: skip


def _one_user(first: LogEvent, refused: tuple[LogEvent, ...]) -> str:
    """Return whose login was refused: by that line, else by the others, where they all name one."""
    users = {user for event in refused if (user := user_in(event))}
    return user_in(first) or (next(iter(users)) if len(users) == 1 else "")


def _of_pooler(evidence: Evidence, refused: tuple[LogEvent, ...], first: LogEvent, pooled: _pooler.Unknown) -> Finding:
    """Judge a login that a pooler refused: the server behind it was not asked."""
    told = next((event for event in refused if _pooler.own(event) and event.id != first.id), None)
    links = [cited(first, f"The pooler refuses the user {pooled.name}")]
    links += [cited(told, "The pooler's own log says so")] if told else []
    missing = (_pooler.wanted(pooled), *wanted_state(evidence, first))
    return _found("likely", _pooler.summary(pooled), (*links, *ending_links(evidence, first)),
                  _pooler.mends(evidence, pooled), missing)  # fmt: skip


def _from_facts(evidence: Evidence, asked: DatabaseFacts) -> Finding:
    summary = "The database refuses the user or the password of the given URL."
    wanted = "The service's log would show whether it uses the same user and password."
    user = asked.user or user_named(asked.error or "") or ""
    return _found("likely", summary, (_link(asked),), _mends(evidence, None, user, None, old=False), (wanted,))


def _link(asked: DatabaseFacts) -> Link:
    return Link("Asked with the same user, the database refuses", asked.id, "a look into the database",
                quote=asked.error or "", command=asked.command)  # fmt: skip


def _summary(why: Reason | None, user: str, *, old: bool) -> str:
    named = f" {user}" if user else ""
    text = {
        "no role": f"The server has no role{named}.",
        "no password": f"The role{named} has no password on the server, so that none is right.",
        "expired": f"The password of the role{named} has expired.",
    }.get(why or "", f"The server refuses the user{named} with the password that the service has.")
    return f"{text} Its volume was initialised by an earlier start." if old else text


def _found(
    confidence: Confidence, summary: str, links: tuple[Link, ...], mends: tuple[Mend, ...], missing: tuple[str, ...]
) -> Finding:
    return Finding(_ID, _TITLE, confidence, summary, links, mends, missing=missing)


def _mends(evidence: Evidence, event: LogEvent | None, user: str, why: Reason | None, *, old: bool) -> tuple[Mend, ...]:
    shown = plain(user, "ROLE")
    look = Mend("command", environment_of(evidence, app_name(evidence, event)),
                "Shows which user the service really uses; the values include its password.")  # fmt: skip
    if why == "no role":
        call, good = f"createuser --pwprompt {shown}", "Creates the role, with the password that the service has."
    elif why == "expired":
        call = f'psql -d postgres -c "ALTER ROLE \\"{shown}\\" VALID UNTIL \\$\\$infinity\\$\\$"'
        good = "Lets the password count again; a new one may have its day as well."
    else:
        call, good = (
            f'psql -d postgres -c "\\password {shown}"',
            "Sets the password that the service has, and loses no data.",
        )
    mends = (look, Mend("command", in_server(evidence, call, asks=True), good))
    if by_journal(evidence):
        return mends
    text = "If the data may go: docker compose down --volumes, and start again."
    count = "POSTGRES_USER and POSTGRES_PASSWORD count on an empty volume only"
    return (*mends, Mend("text", text, f"{count}, and this one is not." if old else f"{count}."))


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The role does not exist, the password is wrong or missing, or the server asks for another proof.",
    explanation="""\
The image of PostgreSQL creates `POSTGRES_USER` with `POSTGRES_PASSWORD` when it initialises an empty data
directory, and never looks at them again. Whoever changes a password in compose.yaml keeps the old one in the volume.
That is what lies behind most of these messages.

"password authentication failed" is said for a wrong password, for a role that does not exist and for one without a
password; the server's log has the difference in its DETAIL. `Peer` and `Ident` compare the name of the system's
user, and concern connections over the Unix socket. "no password supplied" means that the client had none to show.

A role that a health check asks for (`pg_isready` without `-U` asks as `root`) is no trouble of the service.""",
    shows=(
        'FATAL:  password authentication failed for user "app"',
        'FATAL:  role "app" does not exist',
        "connection to server failed: fe_sendauth: no password supplied",
        'FATAL:  Peer authentication failed for user "postgres"',
    ),
    check=(
        "docker logs db 2>&1 | grep -A1 -E 'authentication failed|does not exist'",
        "docker exec db psql -U postgres -c '\\du'",
        "docker exec db psql -h 127.0.0.1 -U app -d app -c 'SELECT 1'",
    ),
    mend=(
        "Give the service the user and password that the database has.",
        "Or change the database's: `ALTER ROLE app PASSWORD '…'`, or `createuser --pwprompt app` for a missing role.",
        "Or, where the data may go, remove the volume and let the image initialise it again.",
    ),
    prevent=(
        "Keep user and password in one place (`.env`, a secret) from which both services read them.",
        "Change a password in the database first, then in the configuration.",
        "Give health checks their user and database: `pg_isready -U app -d app`.",
    ),
    confidence="""\
- **certain**: the server's log and the client agree that the authentication failed, or the
  database was asked and refused.
- **likely**: one side tells of it. A missing role stays likely: a script that should have created it may have failed.
- **possible**: only the server tells of a missing role, as it does for a health check that asks for the wrong one.""",
    find=find,
    explains=("migrations-not-applied", "migration-failed", "database-not-ready"),
    links=(
        "https://www.postgresql.org/docs/current/client-authentication-problems.html",
        "https://hub.docker.com/_/postgres",
        "https://www.postgresql.org/docs/current/auth-pg-hba-conf.html",
    ),
    signs=SIGNS,
)
