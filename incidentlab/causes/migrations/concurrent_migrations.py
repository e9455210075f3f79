"""Several programs applied the same migrations at one time."""

import re

from incidentlab.causes._evidence import answered, cited, ends, from_server, later, said, serves
from incidentlab.causes._toolbox import tool_of
from incidentlab.causes.migrations._account import ending, is_fatal, leading, over, over_now, words
from incidentlab.causes.migrations._objects import is_bookkeeping
from incidentlab.causes.migrations._races import RACE
from incidentlab.causes.migrations._reading import Trouble, troubles
from incidentlab.causes.migrations._starters import applying_services, replicas_at_once, several, together, twice
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import Evidence, LogEvent

_ID = "concurrent-migrations"
_TITLE = "Several programs applied migrations at the same time"
# An index of the catalogue is violated by two sessions that create the same thing, and by nothing else.
_CATALOGUE = re.compile(
    r"\bpg_(?:type|class|namespace|extension|proc)_\w{1,60}|\balready running\b|\bConcurrentMigration"
    r"|\bcurrently running\b"
)
# Not an error of the database but the tool's own word: its lock is taken.
_LOCKED_OUT = re.compile(r"\balready running\b|\bcurrently running\b|\bConcurrentMigration")
_SKIPS = re.compile(r"\bskip(?:s|ped|ping)?\b", re.IGNORECASE)


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a word that only a race explains, or one step begun twice and failing."""
    told = tuple(one for one in troubles(evidence, "race") if not _leaves_it(one))
    pair = twice(evidence)
    if not told:
        doubled = troubles(evidence, "exists")
        if not (pair or replicas_at_once(evidence)):
            # a tool's own table, which each of several programs that migrate wanted to make
            doubled = tuple(one for one in doubled if is_bookkeeping(one.name)) if several(evidence) else ()
        return _finding(evidence, doubled) if doubled else None
    caught = _caught(evidence, told)
    locked = all(_LOCKED_OUT.search(said(one.event)) for one in told)
    what = "Two programs wanted to migrate" if locked else "Two programs created the same thing"
    what = f"{what} at one time"
    if caught:
        return over(_ID, _TITLE, f"{what}, and the later one took it lightly", caught)
    return over_now(evidence, _ID, _TITLE, what) or _finding(evidence, told)


def _leaves_it(one: Trouble) -> bool:
    """Whether a program says that it skips its migrations because another one applies them: nothing has failed."""
    text = said(one.event)
    return bool(_LOCKED_OUT.search(text) and _SKIPS.search(text))


def _caught(evidence: Evidence, told: tuple[Trouble, ...]) -> LogEvent | None:
    """Return the proof that the program expected it: it only mentions the error, or is silent, and serves on.

    A tool's word that another migration runs is its lock doing its work: whoever serves afterwards has let the other
    one go first.
    """
    if any(not (one.mild or _LOCKED_OUT.search(said(one.event)) or from_server(one.event)) for one in told):
        return None
    after = [event for event in later(evidence, told[-1].event) if not from_server(event)]
    if any(ends(event) for event in after):
        return None
    locked_out = {one.event.service for one in told if not (one.mild or from_server(one.event))}
    good = [event for event in after if answered(event)] or [event for event in after if serves(event)]
    return good[0] if good and locked_out <= {event.service for event in good} else None


def _finding(evidence: Evidence, told: tuple[Trouble, ...]) -> Finding:
    lead = leading(told)
    pair, services = twice(evidence), applying_services(evidence)
    plain = bool(_CATALOGUE.search(said(lead.event)))
    both = None if pair else together(evidence)
    many = bool(pair or services or both) or len({one.event.service for one in told if not from_server(one.event)}) > 1
    confidence: Confidence = "certain" if plain and (many or is_fatal(evidence, lead)) else "likely"
    named = next((one.name for one in told if one.name), "")
    links: list[Link] = []
    if pair:
        first, second = pair
        links.append(cited(first.event, f"One program begins the step {first.name}"))
        links.append(cited(second.event, "Another begins the same step, before the first is known to be done"))
    if both:
        who = [event.speaker or event.service or "One program" for event in both]
        links.append(cited(both[0], f"{who[0]} begins to apply migrations"))
        links.append(cited(both[1], f"{who[1]} begins too, before {who[0]} is known to be done"))
    links.append(cited(lead.event, "The later one finds what the other is just making"))
    for file, names in services:
        claim = f"In the compose file {len(names)} containers apply migrations at start: {', '.join(names)}"
        links.append(Link(claim, file.id, "the compose file", command=file.command))
    shown = f" ({named})" if named else ""
    turned_away = _LOCKED_OUT.search(said(lead.event))
    failed = " and its program failed" if is_fatal(evidence, lead) else ""
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=f"Another program was applying migrations, so this one was refused{failed}."
        if turned_away
        else f"Two sessions made the same thing{shown} at one time; the later one was refused and its program failed.",
        evidence=(*links, *ending(evidence, lead)),
        mend=_mends(evidence),
        missing=() if confidence == "certain" or pair or both else (_WANTED,),
    )


_WANTED = (
    "How many programs apply migrations at start: give the logs of all of them, or the compose file with --compose."
)


def _mends(evidence: Evidence) -> tuple[Mend, ...]:
    tool = tool_of(evidence)
    return (
        words(
            f"Let one program apply them (`{tool.apply}`) before the others start: in compose a one-shot service and "
            "`depends_on: {migrate: {condition: service_completed_successfully}}`, in Kubernetes a Job before "
            "the roll-out.",
            "Whoever comes later finds everything done.",
        ),
        words(
            "Or let each of them take an advisory lock around it: SELECT pg_advisory_lock(42) first, "
            "pg_advisory_unlock(42) afterwards, on one connection.",
            "The others wait, and find nothing left to do. IF NOT EXISTS does not help: it is checked before the lock.",
        ),
        words(
            "Now: start the failed program again. PostgreSQL took its half back whole, and the other has applied "
            "the rest.",
            "",
        ),
    )


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="Two replicas, workers or jobs apply the same migrations at once, and the later one fails.",
    explanation="""\
Each replica's start script applies the migrations, or each worker calls `create_all()`, and they start together:
two replicas, an API and its worker from one image, four processes of one server, a job of the pipeline beside a
container.

Both look whether a table is there, both find it missing, both create it. PostgreSQL lets one of them through. The
other one fails where the system catalogue must be unique (`pg_type_typname_nsp_index`,
`pg_class_relname_nsp_index`, `pg_extension_name_index`), with "tuple concurrently updated", on the version table's
key, or with "already exists". `CREATE TABLE IF NOT EXISTS` is no protection: the check and the creation are two
steps.

On an empty database it happens at the first start, and a restart seems to heal it. Two longer migrations can also
deadlock on each other's tables.""",
    shows=(
        'duplicate key value violates unique constraint "pg_type_typname_nsp_index"',
        "ERROR:  tuple concurrently updated",
        "Online migration expected to match one row when updating …; 0 found",
        "ActiveRecord::ConcurrentMigrationError; Another migration is already running",
        "the same “Running upgrade a -> b” from two containers",
    ),
    check=(
        "docker compose logs | grep -E 'Running upgrade|nsp_index|concurrently updated'",
        "docker compose config | grep -nE 'replicas|upgrade|migrate'",
    ),
    mend=(
        "Start the failed program again; the schema is whole.",
        "Apply the migrations in one place before the roll-out: a one-shot service or job.",
        "Or take an advisory lock around them.",
    ),
    prevent=(
        "Start the stack in CI from an empty database with the number of replicas that production has.",
        "Do not create tables when a module is imported: every worker imports it.",
    ),
    confidence="""\
- **certain**: an index of the system catalogue was violated, or the tool says that another migration runs, and
  either a program ended with it or several are seen to apply migrations.
- **likely**: one of these alone, or one step was begun twice at once and found its objects there.

A program that says that it skips its migrations because another one applies them, or serves after it was turned away,
shows a lock that works.""",
    find=find,
    explains=(
        "schema-created-outside-migrations",
        "migration-failed",
        "deadlock",
        "migrations-not-applied",
        "migration-blocked-by-lock",
    ),
    links=(
        "https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS",
        "https://docs.docker.com/compose/how-tos/startup-order/",
    ),
    signs=(RACE,),
)
