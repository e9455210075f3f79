"""Holds a run's evidence against seven good practices; nothing is asked again and nothing is taken on trust."""

import re
from collections.abc import Callable

from incidentlab.model.evidence import ContainerFacts, DatabaseFacts, Evidence, ImageFacts
from incidentlab.model.practice import Practice
from incidentlab.model.run import Run
from incidentlab.redact import MASK

_SLIM = re.compile(r"slim|alpine|distroless|scratch|wolfi|chainguard")
_MOST_BYTES = 500_000_000  # the full python images are about twice as large, before anything is installed
_URL = re.compile(r"https?://[^\s'\",)]{1,80}")
_MIGRATES = re.compile(r"\balembic\b[^&;|]{0,80}\bupgrade\b(?P<then>[^&;|]{0,80}&&)?")
_ROOT = ("", "root", "0")

_Verdict = tuple[bool | None, str]


def practices(evidence: Evidence, run: Run) -> tuple[Practice, ...]:
    """Return each practice with its fact, in the order in which they are taught; pure.

    Args:
        evidence: of the run that is judged; a part that is missing makes its practices untold, never met.
        run: says the engine, for what it cannot show.
    """
    return tuple(Practice(name, title, *check(evidence, run), advice) for name, title, check, advice in _PRACTICES)


def _user(evidence: Evidence, _run: Run) -> _Verdict:
    image = _image(evidence)
    if image is None:
        return _NO_IMAGE
    if image.user.partition(":")[0] in _ROOT:
        return False, f"USER {image.user}" if image.user else "the image names no USER, so it runs as root"
    return True, f"USER {image.user}"


def _slim(evidence: Evidence, run: Run) -> _Verdict:
    image = _image(evidence)
    if image is None or (not image.base and image.size is None):
        return _NO_IMAGE
    named = _SLIM.search(image.base) is not None if image.base else True
    small = image.size is None or image.size <= _MOST_BYTES
    said = [f"FROM {image.base}"] if image.base else []
    if image.size is not None:
        said.append(f"{image.size / 1e6:.0f} MB in all")
    elif run.engine == "local":
        said.append("the local engine builds no image to weigh")
    return named and small, "; ".join(said)


def _health_check(evidence: Evidence, _run: Run) -> _Verdict:
    image = _image(evidence)
    if image is None:
        return _NO_IMAGE
    if not image.healthcheck or image.healthcheck[0] == "NONE":
        return False, "the image has no HEALTHCHECK"
    text = " ".join(image.healthcheck[1:])
    found = _URL.search(text)
    said = f"HEALTHCHECK asks {found[0]}" if found else f"HEALTHCHECK {text[:60]}"
    app = _app(evidence)
    seen = f"; last seen {app.health}" if app is not None and app.health != "none" else ""
    return app is None or app.health != "unhealthy", said + seen


def _secrets(evidence: Evidence, _run: Run) -> _Verdict:
    image = _image(evidence)
    if image is None:
        return _NO_IMAGE
    # The collectors have masked every value that is a secret by its name or by its look: the mask is the trace of it.
    baked = [name for name, value in image.env.items() if MASK in value]
    start = " ".join(image.entrypoint + image.cmd)
    if baked or MASK in start:
        return False, f"the image holds {', '.join(baked) or 'a secret in its command'}"
    if "DATABASE_URL" in image.env:
        return False, "the image holds DATABASE_URL"
    return True, f"none among the {len(image.env)} variables of the image; DATABASE_URL came in at start"


def _encrypted(evidence: Evidence, _run: Run) -> _Verdict:
    ssl = _setting(evidence, "ssl")
    if ssl is None:
        return _NO_SETTING
    if ssl == "on":
        return True, "ssl = on: the server offers TLS"
    return False, f"ssl = {ssl}: passwords and rows travel in clear"


def _backups(evidence: Evidence, _run: Run) -> _Verdict:
    mode, level = _setting(evidence, "archive_mode"), _setting(evidence, "wal_level")
    if mode is None:
        return _NO_SETTING
    said = f"archive_mode = {mode}" + (f", wal_level = {level}" if level else "")
    archived = mode in ("on", "always") and level != "minimal"
    return archived, said if archived else f"{said}: nothing could be restored"


def _migration_gate(evidence: Evidence, _run: Run) -> _Verdict:
    image, database = _image(evidence), _database(evidence)
    heads = evidence.projects[0].heads if evidence.projects else ()
    if image is None or database is None or not heads:
        return None, "image, database and code were not all read"
    start = _MIGRATES.search(" ".join(image.entrypoint + image.cmd))
    if sorted(database.revisions or ()) != sorted(heads):
        return False, f"the database is at {_named(database.revisions)}, the code expects {_named(heads)}"
    if start is None:
        return None, f"the database is at {_named(heads)}, but the image's command does not say how it came there"
    if not start["then"]:
        return False, "the image migrates, but starts the app even if that fails"
    return True, f"`alembic upgrade head &&` before the app; database at {_named(heads)}, as the code expects"


def _named(revisions: tuple[str, ...] | None) -> str:
    return ", ".join(revisions or ()) or "no revision"


def _image(evidence: Evidence) -> ImageFacts | None:
    return evidence.images[0] if evidence.images else None


def _app(evidence: Evidence) -> ContainerFacts | None:
    return next((each for each in evidence.containers if each.id == "container:app"), None)


def _database(evidence: Evidence) -> DatabaseFacts | None:
    return next((each for each in evidence.databases if each.reachable), None)


def _setting(evidence: Evidence, name: str) -> str | None:
    database = _database(evidence)
    return database.settings.get(name) if database else None


_NO_IMAGE: _Verdict = (None, "the image could not be read")
_NO_SETTING: _Verdict = (None, "the database's settings could not be read")

_PRACTICES: tuple[tuple[str, str, Callable[[Evidence, Run], _Verdict], str], ...] = (
    ("non-root-user", "Non-root user", _user, "Add a system user and a USER line before CMD."),
    ("slim-image", "Slim image", _slim, "Start from a slim base; build tools belong into an earlier stage."),
    ("health-check", "Health check", _health_check, "Ask an address that also asks the database, as /health does."),
    (
        "secrets-by-environment",
        "Secrets by environment",
        _secrets,
        "Hand secrets in when the container starts, from a secret store; never by ENV, ARG or COPY.",
    ),
    (
        "encrypted-connections",
        "Encrypted connections",
        _encrypted,
        "Set ssl = on with a certificate, and sslmode=verify-full in DATABASE_URL.",
    ),
    (
        "backups",
        "Backups",
        _backups,
        "Archive the write-ahead log or let your provider do it, and rehearse the restore: a migration has no undo.",
    ),
    (
        "migration-gate",
        "Migration gate",
        _migration_gate,
        "Migrate before the app starts and stop where that fails; with several replicas, in one job of its own.",
    ),
)
