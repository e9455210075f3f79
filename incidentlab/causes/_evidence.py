"""What rules ask of evidence: questions that several of them share, each answered in one place."""

import re
import shlex
from collections.abc import Iterable, Iterator

from incidentlab.causes._serving import says_it_answered, says_it_serves
from incidentlab.model.cause import Sign
from incidentlab.model.diagnosis import Link
from incidentlab.model.evidence import ContainerFacts, DatabaseFacts, Evidence, LogEvent

# A program or whatever runs it says that it ended.
_ENDED = re.compile(
    r"\bApplication startup failed\. Exiting\b|\bexited with code (?!0\b)\d|\bexit(?:ed)? (?:code|status):? (?!0\b)\d"
    r"|\bProcess completed with exit code (?!0\b)\d|\*\*\* \[.{1,200}\] Error \d|\bShutting down: Master\b"
    r"|\bback-off restarting failed container\b|\bWorker failed to boot\b|\bEncountered errors while bringing up\b"
    r"|\bAPPLICATION FAILED TO START\b|\bRuntime terminating during boot\b|\bKernel pid terminated\b",
    re.IGNORECASE,
)
# "web_1 exited with code 1", as compose prints it beside the services' own lines.
_NAMED_END = re.compile(r"^\s{0,8}(?P<name>[\w.\-]{1,120}) exited with code \d")
_A_FEW_WORDS, _A_MESSAGE = 8, 160  # characters by which a message is known again
_MIGRATING = re.compile(
    r"\balembic\b|\bmigrat(?:e|ing|ion|ions|or)\b|\bRunning upgrade\b|\bdb upgrade\b|\bflyway\b|\bliquibase\b"
    r"|\bschema_migrations\b|\bdjango_migrations\b",
    re.IGNORECASE,
)


def said(event: LogEvent) -> str:
    """Return all that an event says: the innermost exception, its own line, and PostgreSQL's message in English."""
    return "\n".join(part for part in (event.cause, event.cause_text, event.text, event.english) if part)


def shows(event: LogEvent, sign: Sign) -> bool:
    """Whether an event bears a sign: by its SQLSTATE or by its words."""
    return (event.sqlstate is not None and event.sqlstate in sign.sqlstates) or match(event, sign) is not None


def match(event: LogEvent, sign: Sign) -> re.Match[str] | None:
    """Return where a sign's words stand in an event, for the names within; ``None`` where they do not."""
    text = said(event)
    return sign.pattern.search(text) if any(literal in text for literal in sign.literals) else None


def seen(evidence: Evidence, *signs: Sign) -> tuple[LogEvent, ...]:
    """Return the events that bear one of the signs, in the logs' order."""
    return tuple(event for event in evidence.logs if any(shows(event, sign) for sign in signs))


def from_server(event: LogEvent) -> bool:
    """Whether PostgreSQL's own server said it, and not a client."""
    return event.from_server or event.source == "database"


def serves(event: LogEvent) -> bool:
    """Whether the line says that a program serves or has answered a request well; the database server is none such."""
    if event.severity in ("error", "fatal") or from_server(event):
        return False
    return says_it_serves(event.text)


def answered(event: LogEvent) -> bool:
    """Whether the line is that of a request which was answered with a 2xx or 3xx."""
    return event.severity not in ("error", "fatal") and says_it_answered(event.text)


def ends(event: LogEvent) -> bool:
    """Whether the line says that a program has ended and not well."""
    return bool(_ENDED.search(event.text))


def ended_name(event: LogEvent) -> str:
    """Return which program has ended by such a line: the one that it names, else the one that said it."""
    named = _NAMED_END.search(event.text)
    return named["name"] if named else event.service


def speaks_of_migrating(event: LogEvent) -> bool:
    """Whether the event comes from, or tells of, a migration being applied."""
    return "alembic" in event.packages or bool(_MIGRATING.search(event.text))


def is_after(event: LogEvent, than: LogEvent) -> bool:
    """Whether one event came after another: further down in the same log, or later by their times in two."""
    if event.source == than.source:
        return event.first_line > than.last_line
    return bool(event.at and than.at and event.at > than.at)


def later(evidence: Evidence, than: LogEvent) -> Iterator[LogEvent]:
    """Give what was said after an event."""
    return (event for event in evidence.logs if is_after(event, than))


def last_ones(events: Iterable[LogEvent]) -> tuple[LogEvent, ...]:
    """Return the last of some events in each log: if any of them came after something, one of these did."""
    last: dict[str, LogEvent] = {}
    for event in events:
        last[event.source] = event
    return tuple(last.values())


def shortly_before(evidence: Evidence, event: LogEvent, count: int) -> tuple[LogEvent, ...]:
    """Return the events of the same log that come right before one, at most ``count``."""
    before = [one for one in evidence.logs if one.source == event.source and one.last_line < event.first_line]
    return tuple(before[-count:])


def died(evidence: Evidence) -> ContainerFacts | None:
    """Return a container that was started and has ended badly, or cannot stay up."""
    return next((container for container in evidence.containers if failed(container)), None)


def failed(container: ContainerFacts) -> bool:
    """Whether a container has ended badly, could not be started, or cannot stay up."""
    ended = container.status in ("exited", "dead", "restarting", "created")
    if ended and container.exit_code not in (None, 0):
        return True
    return container.status in ("dead", "restarting") or (container.restarts > 1 and container.health != "healthy")


def works(evidence: Evidence) -> Link | None:
    """Return the fact that the target serves now: a good answer to a probe, or a container that is healthy."""
    if died(evidence):
        return None
    for probe in evidence.probes:
        if probe.answered and probe.last_status is not None and probe.last_status < 400:
            claim = f"The service answers: HTTP {probe.last_status} from {probe.url}"
            return Link(claim, probe.id, "probes of the service", command=probe.command)
    if any(probe.last_status is not None and probe.last_status >= 500 for probe in evidence.probes):
        return None  # an engine looks once in a while; what the service has just said is newer than what it last saw
    for container in evidence.containers:
        if container.status == "running" and container.health == "healthy":
            return Link(f"{container.name} runs and is healthy", container.id, f"state of {container.name}",
                        quote="running, healthy", command=container.command)  # fmt: skip
    return None


def query(database: DatabaseFacts, statement: str) -> str:
    """Return the command by which a person sees one particular of a database, asked as its facts were."""
    psql = database.command.partition(" -c ")[0] if database.command.startswith("psql ") else 'psql "$DATABASE_URL"'
    plain = not set(statement) & set('"\\$`')
    return f'{psql} -c "{statement}"' if plain else f"{psql} -c {shlex.quote(statement)}"


def cited(event: LogEvent, claim: str) -> Link:
    """Return a link of proof to a log event, at the line that matters."""
    line, quote = event.last_line, event.text
    telling = _telling(event)
    if telling:
        return Link(claim, event.id, f"log of {event.source}", telling[0], telling[1].strip(), event.command)
    for number, text in event.key_lines:
        if text.strip() == event.text.strip():
            line = number
            break
    else:
        line = event.first_line if event.first_line == event.last_line or not event.key_lines else event.key_lines[0][0]
    return Link(claim, event.id, f"log of {event.source}", line, quote.strip(), event.command)


def _telling(event: LogEvent) -> tuple[int, str] | None:
    """Return the line beneath a record that names the cause, where the record itself says only that something failed.

    Java and .NET print "Application run failed", and why on the last line of "Caused by".
    """
    message = (event.cause_text or "").partition(": ")[2][:_A_MESSAGE]
    if event.exception or len(message) < _A_FEW_WORDS or message in event.text:
        return None
    return next(((number, text) for number, text in reversed(event.key_lines) if message in text), None)


def cut(text: str, most: int) -> str:
    """Return a line as part of a sentence: cut at a word, with an ellipsis where something is left out."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    kept, _, part = text[:most].rpartition(" ")
    return f"{kept if kept and len(part) < most // 2 else text[:most]} …"
