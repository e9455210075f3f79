"""The image lacks the library with which its program speaks to PostgreSQL."""

import re
from collections.abc import Iterator

from incidentlab.causes._evidence import cited, from_server, match, said, seen
from incidentlab.causes.startup._commands import alone
from incidentlab.causes.startup._course import NAMELESS, app_name, ending_links, is_over, settled, wanted_state
from incidentlab.causes.startup._driver import ABSENT, SIGNS
from incidentlab.causes.startup._driver_mends import DEFAULT, TOO_OLD, WORD, install
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import Evidence, LogEvent

_ID = "missing-driver"
_TITLE = "The database driver is missing"
_DIALECT = re.compile(r"sqlalchemy\.dialects:(?P<name>\w{1,40}(?:\.\w{1,40})?)")
# The dynamic linker's word: nothing else than the file can put it right.
_NO_LIBRARY = re.compile(
    r"\blib(?:pq|ssl|crypto)\.so[.\d]{0,8}: cannot open shared object|\bError loading shared library lib"
)
# An optional library that a program can do without, or one that is looked for and not needed.
_HARMLESS = re.compile(r"\b(?:optional|skipping|ignored|fall(?:ing)? back|not installed, using)\b", re.IGNORECASE)


_INSTALLED = "What is installed in the image would show it: pip list, npm ls."


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a driver that cannot be loaded, and no program that works without it."""
    absent = [event for event in seen(evidence, *SIGNS) if not from_server(event) and _counts(event)]
    if not absent:
        return None
    over = settled(evidence, _ID, _TITLE, absent, "A driver was not found at first", of_database=True)
    return over or _finding(evidence, absent)


def _counts(event: LogEvent) -> bool:
    return event.severity not in ("debug", "warning") and not _HARMLESS.search(event.text)


def _finding(evidence: Evidence, absent: list[LogEvent]) -> Finding:
    first = absent[0]
    over = is_over(evidence, first)
    plain = any(_is_plain(event) for event in absent)
    confidence: Confidence = "certain" if over and plain else "likely"
    claim = f"{_what(first)} cannot be loaded"
    if TOO_OLD.search(said(first)):
        claim = "The driver does not know how the server wants to be shown the password"
    links = [cited(first, claim), *_proof(evidence, first), *ending_links(evidence, first)]
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(first),
        evidence=tuple(links),
        mend=tuple(_mends(evidence, first)),
        missing=() if confidence == "certain" else (_INSTALLED, *wanted_state(evidence, first)),
    )  # fmt: skip


def _is_plain(event: LogEvent) -> bool:
    """Whether what is missing is plainly a file of the image, and no setting could be what is wrong."""
    text = said(event)
    return bool((match(event, ABSENT) and not _DIALECT.search(text)) or _NO_LIBRARY.search(text))


def _what(event: LogEvent) -> str:
    dialect = _DIALECT.search(said(event))
    if dialect:
        return f"The dialect {dialect['name']}"
    found = WORD.search(said(event))
    return found["python"] or "The driver" if found else "The driver"


def _summary(event: LogEvent) -> str:
    text = said(event)
    dialect = _DIALECT.search(text)
    if dialect and "." not in dialect["name"]:
        return f"The URL begins with {dialect['name']}://, a name under which SQLAlchemy knows no driver."
    if "async driver" in text:
        return "The URL names a driver that cannot wait asynchronously, and the program needs one that can."
    if TOO_OLD.search(text):
        return "The driver is too old for the way in which the server checks passwords."
    found = WORD.search(text)
    named = f" ({found['python']})" if found and found["python"] else ""
    return f"The program is configured for a database driver{named} that its image does not hold."


def _proof(evidence: Evidence, event: LogEvent) -> Iterator[Link]:
    """Give the place in the project that shows what is installed."""
    found = WORD.search(said(event))
    for project in evidence.projects:
        if project.dockerfile and found and found["python"]:
            claim = "The image is built by this Dockerfile"
            yield Link(claim, project.id, project.dockerfile.path, command=project.command)


def _mends(evidence: Evidence, event: LogEvent) -> Iterator[Mend]:
    text, app = said(event), app_name(evidence, event)
    dialect, found = _DIALECT.search(text), WORD.search(text)
    if dialect and "." not in dialect["name"]:
        yield Mend("text", f"Let the URL name dialect and driver, as postgresql+psycopg://, not {dialect['name']}://.",
                   f"SQLAlchemy 1.4 dropped the short name. {DEFAULT}")  # fmt: skip
        return
    if "async driver" in text:
        yield Mend("text", "Let the URL begin with postgresql+asyncpg:// or postgresql+psycopg://.",
                   f"psycopg2 is synchronous only. {DEFAULT}")  # fmt: skip
        return
    yield from install(text, found)
    why = "Builds the image with what was added; an old image keeps the old content."
    if app == NAMELESS or alone(evidence, app):
        image = "the image" if app == NAMELESS else f"the image of {app}"
        yield Mend("text", f"Build {image} again, and make the container new from it.", why)
        return
    yield Mend("command", f"docker compose build --no-cache {app} && docker compose up -d {app}", why)


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The library by which the program reaches PostgreSQL is not in the image, or is the wrong one.",
    explanation="""\
A program names its driver in the URL or the configuration, and loads it when it first needs it. SQLAlchemy's
`postgresql://` means psycopg2 up to version 2.0 and psycopg 3 from 2.1 on; `postgresql+psycopg2://`,
`postgresql+psycopg://` and `postgresql+asyncpg://` say which. An image holds what its requirements list: after a
change of driver, or of SQLAlchemy, in one of the two places the other still has the old one.

A driver that was compiled needs `libpq.so.5` at run time. A build with several stages copies the Python packages into
the final stage and leaves the system's library behind. A driver from before 2017 cannot do SCRAM, by which servers
check passwords since PostgreSQL 14.""",
    shows=(
        "ModuleNotFoundError: No module named 'psycopg2'",
        "django.core.exceptions.ImproperlyConfigured: Error loading psycopg2 or psycopg module",
        "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres",
        "ImportError: libpq.so.5: cannot open shared object file: No such file or directory",
    ),
    check=(
        "docker run --rm --entrypoint pip IMAGE list",
        "docker run --rm --entrypoint python IMAGE -c 'import psycopg2'",
        "docker exec app env | grep DATABASE_URL | cut -d: -f1",
    ),
    mend=(
        "Add the driver to the requirements from which the image is built, and build it again.",
        "Or let the URL name the driver that the image has.",
        "For `libpq.so.5`: install `libpq5` in the final stage, or use the driver's binary package.",
    ),
    prevent=(
        "Let CI start the image that it built, against a real PostgreSQL.",
        "Keep the driver in the same file as the code that names it, with its version.",
    ),
    confidence="""\
- **certain**: the driver, or the library it needs, could not be loaded and the program ended.
- **likely**: the driver could not be imported and how it went on is not known; or a URL names a driver that does not
  exist, or the driver is unfit, where the setting may be what is wrong.""",
    find=find,
    explains=("migrations-not-applied", "migration-failed"),
    links=(
        "https://docs.sqlalchemy.org/en/20/core/engines.html#postgresql",
        "https://docs.sqlalchemy.org/en/21/changelog/migration_21.html",
        "https://www.psycopg.org/psycopg3/docs/basic/install.html",
        "https://docs.djangoproject.com/en/stable/ref/databases/#postgresql-notes",
    ),
    signs=SIGNS,
)
