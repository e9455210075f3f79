"""The service, or its database, was started without a setting that it needs."""

import re
from itertools import pairwise

from incidentlab.causes._evidence import cited, cut, works
from incidentlab.causes.startup._course import dead, end_of, ending_links, is_over, settled, wanted_state
from incidentlab.causes.startup._refused import by_place
from incidentlab.causes.startup._setting_names import setting
from incidentlab.causes.startup._settings import SIGNS, names_in, says_loosely, says_plainly, uses_placeholder
from incidentlab.causes.startup._unstarted import UNSTARTED, Lack, lack
from incidentlab.causes.startup._unstarted import mends as mends_of_start
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import Evidence, LogEvent

_ID = "missing-configuration"
_TITLE = "A setting is missing"
_POSTGRES_IMAGE = re.compile(r"superuser password is not specified|new database has no superuser password")
_PASSWORD = "POSTGRES_PASSWORD"  # noqa: S105  (the variable's name, not a password)
# A KeyError may be about data that is written in capitals; these words are those of settings.
_USUAL = re.compile(r"URL|DATABASE|DB|POSTGRES|PG|SECRET|PASS|HOST|PORT|USER|TOKEN|KEY'|ENV|CONFIG|DSN|URI")
# Npgsql's and ADO.NET's words for a connection string that is empty or not there.
_CONNECTION = re.compile(r"Host can't be null|'connectionString'|\bConnectionString property|\binitialization string\b")
_FIELD = re.compile(r"\s{0,4}(?P<name>[A-Za-z][A-Za-z0-9_]{1,80})\s*$")

# An error that was thrown as such, by the words with which Node, Python, Elixir, Ruby, .NET and Go begin.
_THROWN = re.compile(
    r"\s{0,4}(?:Uncaught |Unhandled exception[.:] |\*\* \()?(?:[\w.:]{0,80}(?:Error|Exception)\b|panic:)"
)


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a program says what it lacks, or shows it by asking nobody or itself."""
    plain = [event for event in evidence.logs if says_plainly(event)]
    placeholder = [event for event in evidence.logs if uses_placeholder(event)]
    _, astray = by_place(evidence)
    loose = [event for event in evidence.logs if says_loosely(event)] if not plain else []
    unstarted = lack(evidence) if not plain else None
    if unstarted:
        return _unstarted(evidence, unstarted)
    troubles = tuple(plain or placeholder or loose or astray)
    if not troubles:
        return None
    over = settled(evidence, _ID, _TITLE, troubles, "A setting was missed at first")
    if over:
        return over
    if plain:
        sure = any(_sure(evidence, event) for event in (plain[0], plain[-1]))
        return _said(evidence, plain, "certain" if sure else "likely")
    if placeholder:
        return _unfilled(evidence, placeholder[0])
    if loose:
        if any(_fell(evidence, event) for event in (loose[0], loose[-1])):
            return _said(evidence, loose, "certain")
        raised = any(_raised(evidence, event) for event in (loose[0], loose[-1]))
        return _said(evidence, loose, "likely" if raised else "possible")
    return _astray(evidence, astray[0])


def _sure(evidence: Evidence, event: LogEvent) -> bool:
    if "KeyError" in event.text and not _USUAL.search(event.text):
        return False
    return is_over(evidence, event) or bool(_POSTGRES_IMAGE.search(event.text))


def _fell(evidence: Evidence, event: LogEvent) -> bool:
    """Whether it was thrown as an error that names the setting, and the program ended over it."""
    return bool(_THROWN.match(event.text) and names_in(event)) and is_over(evidence, event)


def _raised(evidence: Evidence, event: LogEvent) -> bool:
    return bool(event.exception) or is_over(evidence, event) or event.severity == "fatal"


def _said(evidence: Evidence, events: list[LogEvent], confidence: Confidence) -> Finding:
    first = events[0]
    known = setting(first)
    names = (known.name,) if known else _names(evidence, first)
    shown = ", ".join(names) or ("its connection string" if _CONNECTION.search(first.text) else "a setting")
    who = "Compose" if known and known.by_compose else "The program"
    links = [cited(first, f"{who} lacks {shown}"), *_unset(evidence, names), *ending_links(evidence, first)]
    what = "The database" if _POSTGRES_IMAGE.search(first.text) else "The program"
    missing = (
        ()
        if confidence == "certain"
        else ("The environment with which it was started: docker inspect.", *wanted_state(evidence, first))
    )
    if known:
        return _found(confidence, known.summary, links, known.mends, missing)
    return _found(confidence, f"{what} was started without {shown}.", links, _mends(names), missing)


def _names(evidence: Evidence, event: LogEvent) -> tuple[str, ...]:
    """Return what is missing: what the event names, or the fields that pydantic lists in the lines after it."""
    if _POSTGRES_IMAGE.search(event.text):
        return (_PASSWORD,)
    named = names_in(event)
    if named or "validation error" not in event.text:
        return named
    near = [one for one in evidence.logs if one.source == event.source and one.service == event.service]
    following = near[near.index(event) + 1 : near.index(event) + 24]
    fields = []
    for one, after in pairwise(following):
        found = _FIELD.fullmatch(one.text)
        if found and "ield required" in after.text:
            fields.append(found["name"])
    return tuple(fields)


def _unset(evidence: Evidence, names: tuple[str, ...]) -> list[Link]:
    """Give the facts beside the log that show a variable to be unset."""
    links = []
    for file in evidence.compose:
        unset = [name for name in file.unset if not names or name in names]
        if unset:
            claim = f"The compose file uses {', '.join(unset[:6])}, and nothing sets it"
            links.append(Link(claim, file.id, "the compose file", command=file.command))
    for image in evidence.images:
        absent = [name for name in names if name not in image.env]
        if image.env and absent:
            claim = f"{', '.join(absent[:6])} is not in its environment"
            links.append(Link(claim, image.id, f"configuration of {image.name}", command=image.command))
    return links


def _unstarted(evidence: Evidence, one: Lack) -> Finding | RuledOut:
    """Judge that whatever starts the program does not, because it cannot find the settings."""
    what = "What is to be handed to the program was not there at first"
    if one.started:
        why = f"{what}, and line {one.started.first_line} shows success afterwards: {cut(one.started.text, 120)}"
        return RuledOut(_ID, _TITLE, why, one.started.id)
    if now := works(evidence):
        return RuledOut(_ID, _TITLE, f"{what}; {now.claim[0].lower()}{now.claim[1:]}.", now.fact)
    links = [cited(one.event, f"What is to be handed to the program is not there: {one.shown}")]
    return _found("certain", one.summary, links, mends_of_start(one), ())


def _unfilled(evidence: Evidence, event: LogEvent) -> Finding:
    links = [cited(event, "It asks for what an unset variable leaves behind"), *ending_links(evidence, event)]
    summary = "The program connects with “None”, an empty value or an unfilled template in place of a setting."
    wanted = "The environment with which it was started: docker inspect."
    return _found("likely", summary, links, _mends(names_in(event)), (wanted,))


def _astray(evidence: Evidence, event: LogEvent) -> Finding:
    """Judge a program in a container that looks for the database in its own container."""
    links = [cited(event, "It asks its own container for the database"), *ending_links(evidence, event)]
    gone = bool(end_of(evidence, event) or dead(evidence, event))
    text = ("Set the host to the database's service name (often DATABASE_URL, DB_HOST, POSTGRES_HOST or PGHOST): in a "
            "container, localhost is that container.")  # fmt: skip
    mends = (Mend("text", text, "Many programs fall back to localhost when nothing is set."), *_mends(())[:1])
    summary = "The program looks for the database on localhost, which in a container is the container itself."
    wanted = "The environment and the network of the container would show which host was set: docker inspect."
    return _found("likely" if gone or event.exception or event.severity in ("error", "fatal") else "possible",
                  summary, links, mends, (wanted,))  # fmt: skip


def _found(
    confidence: Confidence, summary: str, links: list[Link], mends: tuple[Mend, ...], missing: tuple[str, ...]
) -> Finding:
    return Finding(_ID, _TITLE, confidence, summary, tuple(links), mends, missing=missing)


def _mends(names: tuple[str, ...]) -> tuple[Mend, ...]:
    look = Mend(
        "command",
        "docker compose config",
        "Shows the configuration with all variables filled in, and warns of those that nothing sets.",
    )
    if _PASSWORD in names:
        text = "In compose.yaml: environment: {POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}}, and set it in .env."
        return Mend("text", text, "The image refuses to initialise a data directory without a password."), look
    shown = ", ".join(names) or "the missing variable"
    text = f"Set {shown} in .env beside compose.yaml, and hand it to the service: env_file: .env, or environment:."
    return look, Mend(
        "text", text, "Compose reads .env for the file itself; a container gets only what is handed to it."
    )


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="An environment variable or a configuration value is not there when the program starts.",
    explanation="""\
A container's environment is what its image, its compose file and the command line give it, and nothing from the
shell. Compose reads `.env` to fill in `${NAME}` in the file itself; the container gets such a variable only through
`environment:` or `env_file:`. A repository ships `.env.example`, and `.env` is what somebody forgot to write.

What is missing shows in many ways: a settings class that lists its fields, a `KeyError` from `os.environ`, a URL that
is empty, a host called `None`, or a program that falls back to `localhost` and is refused by its own container.

PostgreSQL's image does not initialise a data directory without `POSTGRES_PASSWORD` and ends. Its name then vanishes
from the network, so that every other service complains of an unknown host.""",
    shows=(
        "Error: Database is uninitialized and superuser password is not specified.",
        "pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings",
        "KeyError: 'DATABASE_URL'",
        "env file /srv/shop/.env not found; couldn't find key DB_URL in Secret shop/api (CreateContainerConfigError)",
        "sqlalchemy.exc.ArgumentError: Expected string or URL object, got None",
    ),
    check=(
        "docker compose config",
        "docker inspect app --format '{{range .Config.Env}}{{println .}}{{end}}' | cut -d= -f1",
        "diff <(grep -o '^[A-Z_]*' .env.example | sort) <(grep -o '^[A-Z_]*' .env | sort)",
    ),
    mend=(
        "Copy `.env.example` to `.env`, fill it in, and see with `docker compose config` that nothing is left empty.",
        "Hand the variables to the service with `env_file:` or `environment:`.",
        "Give the database `POSTGRES_PASSWORD`, and the service the database's service name as host.",
    ),
    prevent=(
        "Write `${NAME:?}` in compose.yaml: compose then refuses to start without it, and says which.",
        "Let the program check all its settings at once when it starts, and name every one that is missing.",
        "Start the stack in CI from a fresh clone, with `.env.example`.",
    ),
    confidence="""\
- **certain**: a program names what it lacks and ended, PostgreSQL's image refuses to start without a password, or
  Compose or Kubernetes does not find what it should hand to the program, and starts nothing.
- **likely**: a program names what it lacks; or it connects with an empty value, or to `localhost` from within a
  container, where a wrong value would look the same.
- **possible**: a program complains of a setting in words that are also used where there is a default.

A warning of compose that a variable is not set is no finding by itself: an empty value may be what was meant.""",
    find=find,
    explains=(
        "host-not-found",
        "database-not-ready",
        "bad-credentials",
        "database-missing",
        "migration-failed",
        "migrations-not-applied",
    ),
    links=(
        "https://docs.docker.com/compose/how-tos/environment-variables/",
        "https://hub.docker.com/_/postgres",
        "https://docs.docker.com/reference/compose-file/interpolation/",
    ),
    signs=(*SIGNS, UNSTARTED),
)
