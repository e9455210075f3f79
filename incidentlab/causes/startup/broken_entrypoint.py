"""What the container should start with cannot be run."""

import re
from collections.abc import Mapping

from incidentlab.causes._evidence import cited, later, match, said, seen
from incidentlab.causes._init_scripts import Failure, by_psql, failures
from incidentlab.causes._server import ready
from incidentlab.causes.startup import _unprepared
from incidentlab.causes.startup._commands import started
from incidentlab.causes.startup._course import (
    app_name,
    dead,
    end_of,
    ending_links,
    misses_table,
    settled,
    state_link,
    wanted_state,
)
from incidentlab.causes.startup._script import CARRIAGE_RETURN, NOT_IMPORTED, NOT_RUN, SIGNS, word_with_carriage_return
from incidentlab.causes.startup._start_mend import mends, script_path, summary
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, RuledOut
from incidentlab.model.evidence import Evidence, LogEvent, ScriptFile

_ID = "broken-entrypoint"
_TITLE = "The container's start command cannot be run"
_NOT_EXECUTABLE, _NOT_FOUND = 126, 127
_INIT_SCRIPT = re.compile(r"docker-entrypoint-initdb\.d/")
# A command for a container that runs already (docker exec, a health check) is not what the container starts with.
_IN_PASSING = re.compile(r"runtime exec failed|Health check|\blocale: not found")
_EXIT = re.compile(r"exited with code 12[67]\b")


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: the engine, the kernel or a shell says that it cannot run what it should."""
    for container in evidence.containers:
        if container.status != "running" and _by_engine(container.error):
            link = state_link(container, f"The engine could not start {container.name}")
            return _found(evidence, "certain", container.error, [link], None)
    broken = _broken(evidence)
    if not broken:
        return _from_exit_code(evidence)
    # Whoever misses a table has reached the database; of what should have made that table it is no good news.
    lacking = by_psql(broken[-1]) and any(misses_table(event) for event in later(evidence, broken[-1]))
    # A command whose name ended with a carriage return was never carried out, whatever its script did next.
    lacking = lacking or bool(word_with_carriage_return(said(broken[-1])))
    over = None if lacking else settled(evidence, _ID, _TITLE, broken, "A start command failed at first")
    return over or _finding(evidence, broken)


def _broken(evidence: Evidence) -> list[LogEvent]:
    """Return the events that may be about what a container starts with.

    A server that gets ready afterwards in the same program got past whatever a line of its script complained of.
    """
    last_ready = {(one.source, one.service): one.first_line for one in evidence.logs if ready(one)}
    unprepared = {failure.event.id for failure in failures(evidence.logs)}
    shown = {event.id for event in seen(evidence, *SIGNS) if not by_psql(event) and _counts(event, last_ready)}
    return [event for event in evidence.logs if event.id in shown | unprepared]


def _counts(event: LogEvent, last_ready: Mapping[tuple[str, str], int]) -> bool:
    if event.severity == "debug" or _IN_PASSING.search(event.text):
        return False
    if match(event, NOT_RUN) or match(event, CARRIAGE_RETURN) or _INIT_SCRIPT.search(event.text):
        return True
    return event.first_line > last_ready.get((event.source, event.service), 0)


def _by_engine(error: str) -> bool:
    return bool(error) and NOT_RUN.pattern.search(error) is not None


def _finding(evidence: Evidence, broken: list[LogEvent]) -> Finding:
    first = min(broken, key=_strength)
    failure = next((one for one in failures(evidence.logs) if one.event.id == first.id), None)
    if failure:
        return _of_preparation(evidence, failure)
    confidence = _confidence(evidence, first)
    links = [cited(first, _claim(first)), *_in_project(evidence, first), *ending_links(evidence, first)]
    return _found(evidence, confidence, said(first), links, first)


def _of_preparation(evidence: Evidence, failure: Failure) -> Finding:
    """Judge a script that was to prepare the database: psql's word with the container's end leaves no doubt."""
    event, ending = failure.event, ending_links(evidence, failure.event)
    confidence: Confidence = "certain" if ending and by_psql(event) else "likely"
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_unprepared.summary(failure),
        evidence=(cited(event, "A script that should prepare the database fails"), *ending),
        mend=_unprepared.mends(failure),
        missing=() if confidence == "certain" else wanted_state(evidence, event),
    )


def _strength(event: LogEvent) -> int:
    """Rank what an event says: a runtime's or kernel's word before a shell's, that before a server's."""
    return next((rank for rank, sign in enumerate(SIGNS) if match(event, sign)), len(SIGNS))


def _confidence(evidence: Evidence, event: LogEvent) -> Confidence:
    ended, container = end_of(evidence, event), dead(evidence, event)
    by_code = bool(ended and _EXIT.search(ended.text)) or bool(
        container and container.exit_code in (_NOT_EXECUTABLE, _NOT_FOUND)
    )
    if match(event, NOT_IMPORTED):
        return "likely"
    plain = match(event, CARRIAGE_RETURN) or match(event, NOT_RUN)
    if plain:
        return "certain" if by_code or ended or container or _refused_by_engine(event) else "likely"
    return "certain" if by_code else "likely" if ended or container else "possible"


def _refused_by_engine(event: LogEvent) -> bool:
    return any(
        word in event.text
        for word in ("OCI runtime", "Error response from daemon", "exec user process", "Cannot start service")
    )


def _claim(event: LogEvent) -> str:
    if match(event, CARRIAGE_RETURN):
        return "A line of the script ends with a carriage return"
    if _INIT_SCRIPT.search(event.text):
        return "A script that should prepare the database cannot be run"
    return "The start command cannot be run"


def _from_exit_code(evidence: Evidence) -> Finding | None:
    """Judge a container that left no word but its exit code; a script of the project may say why."""
    for container in evidence.containers:
        if container.status == "exited" and container.exit_code in (_NOT_EXECUTABLE, _NOT_FOUND):
            why = "was found and could not be run" if container.exit_code == _NOT_EXECUTABLE else "was not found"
            claim = f"{container.name} ended with {container.exit_code}: its command {why}"
            links = [state_link(container, claim), *_in_project(evidence, None)]
            return _found(
                evidence, "likely", "Permission denied" if container.exit_code == _NOT_EXECUTABLE else "", links, None
            )
    return None


def _in_project(evidence: Evidence, event: LogEvent | None) -> list[Link]:
    """Give the script of the project that has what the message complains of."""
    name = script_path(event.text).rpartition("/")[2] if event else ""
    links = []
    for project in evidence.projects:
        for script in project.scripts:
            if _has_carriage_returns(script) and (not name or script.path.endswith(name)):
                claim = f"{script.path} has Windows line ends"
                quote = script.text.partition("\n")[0].strip()
                links.append(Link(claim, project.id, script.path, 1, quote, f"grep -c $'\\r' {script.path}"))
    return links[:3]


def _has_carriage_returns(script: ScriptFile) -> bool:
    return "\r\n" in script.text


def _found(evidence: Evidence, confidence: Confidence, text: str, links: list[Link], event: LogEvent | None) -> Finding:
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=summary(text, event),
        evidence=tuple(links),
        mend=mends(started(evidence, app_name(evidence, event)), text, event, links),
        missing=() if confidence == "certain" else (_wanted(event), *wanted_state(evidence, event)),
    )


def _wanted(event: LogEvent | None) -> str:
    """Ask for the half that is not there: of the exit code and of what was said, one alone is a guess."""
    if event is None:
        return "What was said at its start would tell a missing script from a missing interpreter: docker logs."
    return "The exit code would show it: 126 for a file that cannot be run, 127 for one that is not found."


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The entrypoint is not there, may not be executed, or names an interpreter that is not there.",
    explanation="""\
A container starts with one program. Where that is a script, the kernel reads its first line and starts the
interpreter it names. With Windows line ends that is `/bin/sh` followed by a carriage return, a file that exists
nowhere; the message then says "no such file or directory" about a script that is plainly there.

Exit code 127 means "not found": the program, its interpreter, or a command of the script. 126 means "found and not
executable": the file lacks its mark (`chmod +x`), as files from Windows and from archives do. `exec format error` means
another processor's program, or a script without a first line.

Scripts in `/docker-entrypoint-initdb.d` run once, on an empty data directory. Where one cannot be run, or psql meets
an error in it (`psql:/docker-entrypoint-initdb.d/…: ERROR`), the database's container ends, and the next start finds a
directory and skips them all: roles and tables are missing from then on, without a word.""",
    shows=(
        "exec /entrypoint.sh: no such file or directory",
        "/usr/bin/env: 'bash\\r': No such file or directory",
        'exec: "/entrypoint.sh": permission denied: unknown',
        "a container that ends with exit code 126 or 127 right after its start",
    ),
    check=(
        "docker inspect app --format '{{.State.ExitCode}} {{.State.Error}} {{json .Config.Entrypoint}} {{json "
        ".Config.Cmd}}'",
        "docker run --rm --entrypoint sh IMAGE -c 'ls -l /entrypoint.sh; head -1 /entrypoint.sh | od -c'",
        "git ls-files --eol entrypoint.sh",
    ),
    mend=(
        "For carriage returns: `sed -i 's/\\r$//' entrypoint.sh`, and `*.sh text eol=lf` in .gitattributes.",
        "For permission denied: `chmod +x entrypoint.sh`, kept by Git with `git update-index --chmod=+x`.",
        "For not found: compare the path with COPY in the Dockerfile, and look for a volume that hides it.",
        "After a failed init script: mend it, remove the volume, and let the image initialise it again.",
    ),
    prevent=(
        "Keep `.gitattributes` with `*.sh text eol=lf` in the repository.",
        "Set the mark in the Dockerfile too: `COPY --chmod=755 entrypoint.sh /`.",
        "Start the built image once in CI; shellcheck reads the scripts.",
    ),
    confidence="""\
- **certain**: the engine or the kernel says that it cannot run it and the container ended; it ended with 126 or 127
  after a shell said so, or at all after psql met an error in a script that prepares the database.
- **likely**: one of these without the other; a server that cannot import what its command names; or an error in a
  script that prepares the database, where its container's end is not shown.
- **possible**: a shell could not run a line of a script, and nothing shows whether that mattered.""",
    find=find,
    explains=(
        "host-not-found",
        "database-not-ready",
        "bad-credentials",
        "database-missing",
        "migrations-not-applied",
        "migration-failed",
    ),
    links=(
        "https://docs.docker.com/reference/dockerfile/#entrypoint",
        "https://docs.docker.com/engine/containers/run/#exit-status",
        "https://git-scm.com/docs/gitattributes#_end_of_line_conversion",
    ),
    signs=SIGNS,
)
