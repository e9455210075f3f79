"""Collects the evidence of a run while its stack lives."""

from dataclasses import replace

from incidentlab.collectors import database, log, project
from incidentlab.engines._base import Stack
from incidentlab.lab.probes import HEALTH_PATH, Prober
from incidentlab.model.events import LogLine, LogSource
from incidentlab.model.evidence import Evidence, ImageFacts, ProbeFacts
from incidentlab.redact import Redactor

_SOURCES: tuple[LogSource, ...] = ("app", "database")


def logs_of(stack: Stack) -> dict[LogSource, tuple[LogLine, ...]]:
    """Return what the app and the database have written, redacted by the engine already."""
    return {source: stack.logs(source) for source in _SOURCES}


def collect(
    run_id: str, stack: Stack, prober: Prober, logs: dict[LogSource, tuple[LogLine, ...]], dockerfile_name: str
) -> Evidence:
    """Ask every source of a stack once; a source that does not answer leaves its part empty, with the reason."""
    events = [
        log.read(lines, source=source, command=f"incidentlab runs logs {run_id} --source {source}")
        for source, lines in logs.items()
    ]
    facts = database.read(
        stack.database_url,
        name="database",
        command=f"incidentlab runs show {run_id} --evidence",
    )
    code = project.read(
        stack.project, name="app", dockerfile=dockerfile_name, command=f"incidentlab runs show {run_id} --evidence"
    )
    return Evidence(
        logs=tuple(event for source_events in events for event in source_events),
        databases=(facts,),
        images=(_visible(stack.image(), run_id),),
        containers=(stack.app(), stack.database()),
        projects=(code,),
        probes=(_probe_facts(stack, prober),),
        unread=() if facts.reachable else (f"The database could not be read: {facts.error}",),
    )


def _visible(image: ImageFacts, run_id: str) -> ImageFacts:
    """Where there is no image to inspect, the record's copy of the Dockerfile is what one can look at."""
    seen = image.command.startswith("docker ")
    return image if seen else replace(image, command=f"incidentlab runs show {run_id} --dockerfile")


def as_record(evidence: Evidence, run_id: str) -> Evidence:
    """Return the evidence of a stack that is gone: each fact is to be seen in the run's record, not in a container."""
    show = f"incidentlab runs show {run_id}"
    return replace(
        evidence,
        images=tuple(replace(each, command=f"{show} --dockerfile") for each in evidence.images),
        containers=tuple(replace(each, command=show) for each in evidence.containers),
        probes=tuple(replace(each, command=show) for each in evidence.probes),
    )


def _probe_facts(stack: Stack, prober: Prober) -> ProbeFacts:
    last = prober.last
    return ProbeFacts(
        id="probe:app",
        url=f"{stack.app_url}{HEALTH_PATH}",
        answered=prober.answered,
        failed=prober.failed,
        last_status=last.status if last else None,
        last_body=Redactor(stack.secrets).text(last.body[:2000]) if last else "",
        command=f"curl -i {stack.app_url}{HEALTH_PATH}",
    )
