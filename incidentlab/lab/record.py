"""What was gathered while a stack lived → the record of the run."""

import platform
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from incidentlab import __version__
from incidentlab.engines._base import Engine
from incidentlab.lab.observe import Observation
from incidentlab.lab.recorder import Recorder
from incidentlab.model.alert import Watch
from incidentlab.model.events import LogLine, now
from incidentlab.model.evidence import Evidence
from incidentlab.model.run import Check, Run
from incidentlab.model.scenario import Scenario, Variant
from incidentlab.resources import bundled_root

_MOST_SYMPTOMS = 6
_ANSWER = re.compile(
    r"\" 5\d\d\b|\bstatus(?:_?code)?[\"']?[=:] ?5\d\d\b", re.IGNORECASE
)  # of a request, in an access log
_FEW = 2  # lines of a log that need no choice


@dataclass(slots=True)
class Seen:
    """What has been gathered so far; filled while the stack lives, read when it is gone."""

    observation: Observation
    checks: list[Check]
    evidence: Evidence
    logs: dict[str, tuple[LogLine, ...]]
    notes: tuple[str, ...]
    versions: dict[str, str]
    kept: tuple[str, ...] = field(default=())
    steps: tuple[str, ...] = ()
    watch: Watch | None = None

    @property
    def met(self) -> bool:
        """Whether everything that was expected was observed."""
        return all(check.met for check in self.checks)


def run_record(
    run_id: str,
    scenario: Scenario,
    variant: Variant,
    engine: Engine,
    engine_detail: str,
    seen: Seen,
    recorder: Recorder,
) -> Run:
    """Put together the record of a run whose stack has been left."""
    apps = [each for each in seen.evidence.containers if each.id != "container:database"]
    app = next((each for each in apps if each.exit_code is not None), apps[0] if apps else None)
    ended = now()
    dockerfile = ""
    with suppress(OSError):
        dockerfile = variant.dockerfile.read_text(encoding="utf-8")
    return Run(
        id=run_id,
        scenario=scenario.id,
        variant=variant.name,
        engine=engine.name,
        engine_detail=engine_detail,
        started_at=recorder.began,
        ended_at=ended,
        outcome=seen.observation.outcome,
        met=seen.met,
        exit_code=app.exit_code if app else None,
        checks=tuple(seen.checks),
        symptoms=symptoms(seen.evidence),
        timings={
            **recorder.timings,
            "outcome": seen.observation.seconds,
            "total": (ended - recorder.began).total_seconds(),
        },
        timeline=recorder.timeline(),
        samples=tuple(recorder.samples),
        dockerfile=dockerfile,
        dockerfile_name=shown(variant.dockerfile),
        notes=seen.notes,
        kept=bool(seen.kept),
        steps=seen.steps,
        replicas=variant.replicas,
        watch=seen.watch,
        versions={"incidentlab": __version__, "python": platform.python_version(), **seen.versions},
    )


def symptoms(evidence: Evidence) -> tuple[str, ...]:
    """Return the captured lines that matter: what the app's last errors say, without their tracebacks.

    A line of the access log only says that a request failed; it is shown where the app says nothing else. An app that
    ends after a few words has said with these what there is to say, whatever they are.
    """
    words = [event for event in evidence.logs if event.source != "database"]
    errors = [event for event in words if event.severity in ("error", "fatal")]
    ended = any(each.exit_code is not None for each in evidence.containers if each.id != "container:database")
    if not errors and ended and len(words) <= _FEW:
        errors = words
    told = [event for event in errors if event.exception or not _ANSWER.search(event.text)]
    lines: list[str] = []
    for event in (told or errors)[-2:]:
        lines += [text for _, text in event.key_lines] or [event.text]
    return tuple(dict.fromkeys(lines))[:_MOST_SYMPTOMS]


def shown(path: Path) -> str:
    """Name a file so that a diff of it can be applied: from the checkout's root, or from where the user is."""
    for root_of in (bundled_root, Path.cwd):
        with suppress(OSError, ValueError):  # the user's folder may be gone, or not one of the file's parents
            return path.relative_to(root_of()).as_posix()
    return path.name
