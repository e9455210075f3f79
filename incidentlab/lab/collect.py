"""Collects the evidence of a run while its stack lives."""

from dataclasses import replace

from incidentlab.collectors import database, log, project
from incidentlab.engines._base import Stack
from incidentlab.lab.probes import HEALTH_PATH, Prober
from incidentlab.model.database import DatabaseFacts
from incidentlab.model.events import LogLine, log_name
from incidentlab.model.evidence import Evidence, ImageFacts, ProbeFacts
from incidentlab.redact import Redactor


def logs_of(stack: Stack) -> dict[str, tuple[LogLine, ...]]:
    """Return what each replica of the app and the database have written, redacted by the engine already."""
    replicas = {log_name("app", number): stack.logs("app", number) for number in _replicas(stack)}
    return {**replicas, "database": stack.logs("database")}


def _replicas(stack: Stack) -> range:
    return range(1, len(stack.app_urls) + 1)


def collect(
    run_id: str, stack: Stack, prober: Prober, logs: dict[str, tuple[LogLine, ...]], dockerfile_name: str
) -> Evidence:
    """Ask every source of a stack once; a source that does not answer leaves its part empty, with the reason."""
    events = [
        log.read(lines, source=source, command=f"incidentlab runs logs {run_id} --source {source}")
        for source, lines in logs.items()
    ]
    facts, unread = _database(stack, f"incidentlab runs show {run_id} --evidence")
    code = project.read(
        stack.project, name="app", dockerfile=dockerfile_name, command=f"incidentlab runs show {run_id} --evidence"
    )
    return Evidence(
        logs=tuple(event for source_events in events for event in source_events),
        databases=(facts,),
        images=(_visible(stack.image(), run_id),),
        containers=(*(stack.app(number) for number in _replicas(stack)), stack.database()),
        projects=(code,),
        probes=(_probe_facts(stack, prober),),
        unread=unread,
    )


def _database(stack: Stack, command: str) -> tuple[DatabaseFacts, tuple[str, ...]]:
    """Look into the database as the app's role; where that one is kept out, as the server's own superuser.

    A server whose connections have run out still lets its superuser in, who sees who holds them.
    """
    facts = database.read(stack.database_url, name="database", command=command)
    if facts.reachable:
        return facts, ()
    refused = f"The database could not be read: {facts.error}"
    if stack.admin_url != stack.database_url:
        seen = database.read(stack.admin_url, name="database", command=command)
        if seen.reachable:
            return seen, (f"The app's role could not read the database: {facts.error}",)
    return facts, (refused,)


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
