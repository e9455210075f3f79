"""The migrations, or the tool's configuration, are not where the tool runs."""

import re
import shlex

from incidentlab.causes._evidence import cited, said
from incidentlab.causes._toolbox import tool_of
from incidentlab.causes.migrations import _torn
from incidentlab.causes.migrations._account import (
    applied_since,
    command,
    ending,
    is_fatal,
    leading,
    over,
    over_now,
    words,
)
from incidentlab.causes.migrations._apps import unlisted
from incidentlab.causes.migrations._graph import project_of
from incidentlab.causes.migrations._reading import Trouble, troubles
from incidentlab.causes.migrations._refusals import FILES
from incidentlab.causes.migrations._start import applies_migrations
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import Evidence, ImageFacts, ProjectFacts

_ID = "migration-files-missing"
_TITLE = "The migration files are not where the tool runs"
# Words that can only mean that the configuration or the folder is not there.
_PLAIN = re.compile(
    r"\bNo config file\b|\bNo 'script_location'|\bPath doesn't exist\b|\bCan't find Python file\b|_journal\.json\b"
    r"|\bis not a valid directory\b|\bmigrations directory\b|\bmigrations? location"
)
# What a tool also says, and goes on, where somebody has no migrations on purpose.
_TAKEN_LIGHTLY = re.compile(r"\bNo migrations? found\b|\bdoes not have migrations\b")


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a tool looks for its files in vain, or they are kept out of the image."""
    told = troubles(evidence, "files")
    project = project_of(evidence)
    if told:
        settled = _settled(evidence, told)
        return settled or _finding(evidence, told, project)
    return _without_app(evidence) or _left_out(evidence) or _without_any(evidence) or _with_a_hole(evidence)


def _settled(evidence: Evidence, told: tuple[Trouble, ...]) -> RuledOut | None:
    what = "A tool did not find its migrations at first"
    since = applied_since(evidence, told)
    lightly = all(_TAKEN_LIGHTLY.search(said(one.event)) for one in told)
    if since and not lightly:
        return over(_ID, _TITLE, what, since)
    return over_now(evidence, _ID, _TITLE, what) if lightly else None


def _finding(evidence: Evidence, told: tuple[Trouble, ...], project: ProjectFacts | None) -> Finding:
    lead = leading(told)
    text = said(lead.event)
    confidence: Confidence = "likely"
    if _TAKEN_LIGHTLY.search(text):
        suffers = troubles(evidence, "missing-table", "missing-column") or is_fatal(evidence, lead)
        confidence = "likely" if suffers else "possible"
    elif (_PLAIN.search(text) and (is_fatal(evidence, lead) or lead.event.exception or "FAILED" in text)) or _kept_out(
        project
    ):
        confidence = "certain"
    named = f" ({lead.name.strip(' .')})" if lead.name else ""
    links = [cited(lead.event, "The tool does not find its configuration or its files"), *_left_out_links(project)]
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_torn.summary(lead.name)
        if _torn.is_torn(text)
        else f"The migration tool runs where its configuration or its revisions{named} are not, so it applies nothing.",
        evidence=(*links, *ending(evidence, lead)),
        mend=_torn.mends(lead.name) if _torn.is_torn(text) else _mends(evidence, text),
        missing=()
        if confidence == "certain"
        else (
            "What the image holds: docker run --rm --entrypoint ls IMAGE -a"
            + (
                " (the code was read, the image may hold less)." if evidence.projects else "; the code, with --project."
            ),
        ),
    )


def _without_app(evidence: Evidence) -> Finding | None:
    """Return the finding that Django migrated, and the app whose table is missing was not among its apps."""
    found = unlisted(evidence)
    if found is None:
        return None
    app, listed, missing = found
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely",
        summary=f"Django applied the migrations of other apps; {app} has none where it runs, so {missing.name} "
        f"was not made.",
        evidence=(
            cited(listed, f"The apps that have migrations are named, and {app} is not among them"),
            cited(missing.event, f"The table {missing.name} does not exist"),
        ),
        mend=(
            command(f"python manage.py makemigrations {app}", "Writes them, if they were never written; commit them."),
            words(
                f"If {app}/migrations is in the repository: see that .dockerignore and .gitignore let it through, "
                f"and that "
                "it has an __init__.py.",
                "Without that file Django takes the app for one without migrations.",
            ),
        ),
        missing=(f"Whether {app}/migrations is in the image: docker run --rm IMAGE ls {app}/migrations.",),
    )


def _with_a_hole(evidence: Evidence) -> Finding | None:
    """Return what the code alone shows: a revision whose parent no file has."""
    project = next((one for one in evidence.projects if one.missing_parents), None)
    if project is None:
        return None
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely",
        summary=_torn.summary(project.missing_parents[0][1]),
        evidence=(_torn.link(project),),
        mend=_torn.mends(project.missing_parents[0][1]),
        missing=("The log of the step that applies the migrations: give --logs.",),
    )


def _left_out(evidence: Evidence) -> Finding | None:
    """Return what the project alone shows: files that .dockerignore keeps out of the image which is to apply them."""
    project = next((one for one in evidence.projects if _kept_out(one)), None)
    if project is None:
        return None
    suffers = troubles(evidence, "missing-table", "missing-column")
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="certain" if suffers and _never_applied(evidence) else "likely" if suffers else "possible",
        summary=f"{project.left_out[0]} is kept out of the image by .dockerignore, so nothing can be applied there.",
        evidence=(
            *_left_out_links(project),
            *(cited(one.event, "What they would make is missing") for one in suffers[:1]),
        ),
        mend=_let_in(project),
        missing=("The log of the step that applies the migrations: give --logs.",),
    )


def _without_any(evidence: Evidence) -> Finding | None:
    """Return what a look at what was shipped shows: a configured place for revisions, and not one in it."""
    project = next((one for one in evidence.projects if one.script_location and not one.migrations), None)
    start = next((one for one in evidence.images if _applies(one, project)), None)
    suffers = troubles(evidence, "missing-table")
    if project is None or start is None or not suffers or not _never_applied(evidence):
        return None
    unread = next((one for one in project.unread if project.script_location in one), "")
    place = f"{project.script_location}/versions" if project.script_location else "the configured folder"
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="certain",
        summary=f"The image applies migrations at its start and holds none: {place} has no revision, so there is "
        "nothing to do, and the tool says so by saying nothing.",
        evidence=(
            Link("The start command applies migrations", start.id, f"configuration of {start.name}",
                 quote=" ".join((*start.entrypoint, *start.cmd)), command=start.command),
            Link(f"No revision lies in {place}", project.id, project.configured_in or "the project", quote=unread,
                 command=project.command),
            cited(suffers[0].event, "What they would make is missing"),
        ),
        mend=(
            words("See what keeps them out: a line in .dockerignore, a COPY that is too narrow, a volume over the "
                  "folder.", "They are part of the release."),
            command("docker run --rm --entrypoint ls IMAGE -R " + shlex.quote(place), "Shows what the image has."),
        ),
    )  # fmt: skip


def _applies(image: ImageFacts, project: ProjectFacts | None) -> bool:
    return applies_migrations((*image.entrypoint, *image.cmd), project.scripts if project else ()) == "applies"


def _never_applied(evidence: Evidence) -> bool:
    """Say whether the database has no revision; an empty table of them is what an upgrade leaves that found nothing."""
    asked = [one for one in evidence.databases if one.reachable]
    return bool(asked) and not any(one.revisions for one in asked)


def _let_in(project: ProjectFacts) -> tuple[Mend, ...]:
    """Return how the files get into the image again; the last rule of .dockerignore that matches wins."""
    folders = dict.fromkeys(path.rpartition("/")[0] or path for path in project.left_out)
    shown = " ".join(shlex.quote(f"!{folder}/**" if "/" in folder else f"!{folder}") for folder in folders)
    return (
        command(
            f"printf '%s\\n' {shown} >> .dockerignore",
            "Lets them in; better still, take the line out that keeps them away. Then build the image again.",
        ),
        command(
            "docker run --rm --entrypoint ls IMAGE -R " + " ".join(shlex.quote(one) for one in folders),
            "Shows that they are in the new image.",
        ),
    )


def _kept_out(project: ProjectFacts | None) -> bool:
    return bool(project and project.left_out)


def _left_out_links(project: ProjectFacts | None) -> tuple[Link, ...]:
    if project is None or not project.left_out:
        return ()
    claim = f".dockerignore keeps out {', '.join(project.left_out[:4])}"
    return (Link(claim, project.id, ".dockerignore", command="cat .dockerignore"),)


def _mends(evidence: Evidence, text: str) -> tuple[Mend, ...]:
    project = next(iter(evidence.projects), None)
    tool = tool_of(evidence)
    mends = []
    if tool.name in ("alembic", "flask"):
        ini = project.configured_in if project and project.configured_in else "alembic.ini"
        folder = project.script_location if project and project.script_location else "alembic"
        if tool.name == "flask" or "migrations" in text:
            folder = "migrations"
            mends.append(words(f"Copy them into the image: COPY {folder} ./{folder}", "They are part of the release."))
        else:
            mends.append(
                words(
                    f"Copy both into the image: COPY {ini} ./ and COPY {folder} ./{folder}",
                    "They are part of the release.",
                )
            )
            mends.append(
                command(
                    f"alembic -c {ini} upgrade head",
                    "Names the configuration, where the tool is started in another folder.",
                )
            )
    elif tool.name == "golang-migrate" and "failed to open source" in text:
        return _of_golang(text)
    else:
        mends.append(
            words(
                "Copy the migrations into the image, to the place that the tool's configuration names.",
                "They are part of the release.",
            )
        )
    mends.append(
        command("docker run --rm --entrypoint ls IMAGE -a .", "Shows what the image has in its working folder.")
    )
    return tuple(mends)


_SOURCE = re.compile(r"\bfailed to open source, \\?\"file://(?P<place>[\w./-]{1,200})")


def _of_golang(text: str) -> tuple[Mend, ...]:
    """Return how the files come to golang-migrate: mostly its own image, to which nobody adds any."""
    found = _SOURCE.search(text)
    place = found["place"] if found and found["place"].startswith("/") else "/migrations"
    named = "" if found and found["place"] == place else f", and name it: -path {place}"
    return (
        words(
            f"With the image migrate/migrate: mount the folder there (volumes: ['./migrations:{place}:ro']){named}.",
            "The image has the tool and no migrations; docker run -v wants the host's folder with its whole path.",
        ),
        words(
            f"With an image of your own: COPY migrations {place}{named}; or embed them in the program (iofs).",
            "A name without a slash at its beginning counts from the working folder.",
        ),
    )


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The tool is started where its configuration, its folder or some of its revisions do not exist.",
    explanation="""\
A migration tool reads files: a configuration (`alembic.ini`, `schema.prisma`), a folder of revisions, in Python
also an `env.py` or an `__init__.py`. An image has what its Dockerfile copies and `.dockerignore` lets through, and
the tool looks from its working folder. One `COPY app ./app` too narrow, a `WORKDIR` that differs from the place
where the command was tried, or a volume mounted over the folder, and they are not there.

Alembic does not speak of a missing file then. Since it can be used without one, it takes an absent `alembic.ini`
for an empty one and says `No 'script_location' key found in configuration`.

A single file can be missing too: one that was never committed, or was deleted while a later one builds on it. Then
the graph has a hole, and neither Alembic nor Django applies anything.

Worse are tools that go on: Django, Prisma and Flyway find no migrations, have nothing to do, and report success.
Then the first sign is a missing table.""",
    shows=(
        "FAILED: No 'script_location' key found in configuration; No config file 'alembic.ini' found",
        "Path doesn't exist: 'migrations'. Please use the 'init' command; Can't find Python file …/env.py",
        "No migration found in prisma/migrations; Cannot find migrations location; ENOENT … scandir '/app/migrations'",
        "a Django app that “Apply all migrations:” does not name",
        "NodeNotFoundError: … dependencies reference nonexistent parent node; Revision … referenced from … is not "
        "present",
    ),
    check=(
        "docker run --rm --entrypoint ls IMAGE -a . alembic/versions",
        "docker inspect IMAGE --format '{{.Config.WorkingDir}} {{json .Config.Cmd}}'",
        "cat .dockerignore",
    ),
    mend=(
        "Copy the configuration and the folder into the image, and start the tool in that folder.",
        "Or name the configuration: `alembic -c /app/alembic.ini upgrade head`, `flask db upgrade -d /app/migrations`.",
        "Take the folder out of `.dockerignore`, and do not mount a volume over it.",
    ),
    prevent=(
        "Run the migrations in CI from the image that will be deployed, against an empty database.",
        "Keep a test that counts the revisions in the image and in the repository.",
    ),
    confidence="""\
- **certain**: the tool says that its configuration or folder is not there and stops, or it looks in vain for what
  `.dockerignore` is seen to keep out; or that is kept out, or what was shipped holds no revision although its start
  applies them, a table is missing, and the database was never migrated.
- **likely**: a file or folder is looked for in vain, a migration builds on one that is not there, or a tool found
  nothing to do and a table is missing afterwards.
- **possible**: a tool found no migrations, or `.dockerignore` keeps them out, and nothing is known to suffer from
  it.""",
    find=find,
    explains=("migrations-not-applied", "migrations-behind"),
    links=(
        "https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file",
        "https://docs.docker.com/build/concepts/context/#dockerignore-files",
    ),
    signs=(FILES,),
)
