"""The name by which the service calls its database leads nowhere."""

import re
from difflib import get_close_matches

from incidentlab.causes import _cluster
from incidentlab.causes._evidence import cited
from incidentlab.causes._server import cannot_start, has_own_cause
from incidentlab.causes.startup._commands import alone, environment_of, lookup, plain
from incidentlab.causes.startup._course import app_name, came_since, ending_links, is_over, settled, wanted_state
from incidentlab.causes.startup._resolving import UNREAD, UNRESOLVED, host_in, host_named, unresolved
from incidentlab.model.cause import Cause
from incidentlab.model.compose import ComposeFacts, ComposeService
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import Evidence, LogEvent

_ID = "host-not-found"
_TITLE = "The database's host name cannot be resolved"
_WITH_PORT = re.compile(r"(?P<host>[^:/@\s]{1,200}):(?P<port>\d{1,5})")


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: a name that was looked up in vain, and no success afterwards."""
    lost = unresolved(evidence)
    if not lost:
        return _from_facts(evidence)
    late = came_since(evidence, lost[-1])
    over = settled(evidence, _ID, _TITLE, lost, "A name was not resolved at first", of_database=not late)
    return over or (None if _follows(evidence, lost[0]) else _finding(evidence, lost[0], lost[-1]))


def _follows(evidence: Evidence, event: LogEvent) -> bool:
    """Whether the server cannot start for a reason that no cause knows: its name went with its container."""
    never, name = cannot_start(evidence), host_in(event) or ""
    return never is not None and not (has_own_cause(never) or _absent(evidence, name) or _apart(evidence, event, name))


def _finding(evidence: Evidence, first: LogEvent, last: LogEvent) -> Finding:
    name, never = host_in(first) or "", cannot_start(evidence)
    absent = _absent(evidence, name)
    apart = _apart(evidence, first, name)
    over = is_over(evidence, first) or is_over(evidence, last)
    proof = _proof(evidence, name, absent, apart)
    confidence: Confidence = "possible" if never else "certain" if proof and over else "likely"
    links = [cited(first, f"The name {name} is not resolved" if name else "A name is not resolved")]
    links += [*proof, *ending_links(evidence, first)]
    if never:
        # The symptom first: beneath a root cause its line is the one that a person is sent to.
        links.insert(1, cited(never, "The database server cannot start, and its name goes with its container"))
    wanted = "Whether the database's container ran at that moment: docker ps -a, or its log."
    within = _cluster.service(name)
    if within:
        wanted = f"Whether the service is there: kubectl get services --namespace {within.namespace}."
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_summary(name, absent, apart),
        evidence=tuple(links),
        mend=_mends(evidence, first, name),
        missing=() if confidence == "certain" else (*(() if never else (wanted,)), *wanted_state(evidence, first)),
    )


def _summary(name: str, absent: ComposeFacts | None, apart: tuple[ComposeService, ComposeService] | None) -> str:
    joined = _WITH_PORT.fullmatch(name)
    if joined:
        return f"The setting for the host holds a port too: “{name}” as a whole is looked up as a name."
    if name == UNREAD and not absent:
        return "node-postgres looks up the name base where it cannot read the URL that it is given."
    if absent:
        return f"The service calls {name}, and no service of the compose project has that name.{_meant(name, absent)}"
    if apart:
        return f"{apart[0].name} and {apart[1].name} share no network, so neither knows the other's name."
    called = f"the name {name}" if name else "a name"
    return f"Nobody answers to {called} in the network of the service: it is misspelt, elsewhere, or not running."


def _meant(name: str, project: ComposeFacts) -> str:
    near = get_close_matches(name, [one.name for one in project.services], n=1, cutoff=0.5)
    return f" Perhaps {near[0]} is meant." if near else ""


def _absent(evidence: Evidence, name: str) -> ComposeFacts | None:
    """Return the compose project in which no service goes by that name."""
    for file in evidence.compose:
        if name and "." not in name and file.services and all(one.name != name for one in file.services):
            return file
    return None


def _apart(evidence: Evidence, event: LogEvent, name: str) -> tuple[ComposeService, ComposeService] | None:
    """Return the service that asked and the one it asked for, where no network joins them."""
    for file in evidence.compose:
        by_name = {one.name: one for one in file.services}
        asked = by_name.get(name)
        asking = next((one for one in file.services if event.service and event.service.startswith(one.name)), None)
        if asked and asking and not set(asking.networks or ("default",)) & set(asked.networks or ("default",)):
            return asking, asked
    return None


def _proof(
    evidence: Evidence, name: str, absent: ComposeFacts | None, apart: tuple[ComposeService, ComposeService] | None
) -> list[Link]:
    if absent and not evidence.containers:
        there = ", ".join(one.name for one in absent.services[:8])
        return [Link(f"The project's services are {there}", absent.id, "the compose file", command=absent.command)]
    if apart:
        file = evidence.compose[0]
        nets = f"{', '.join(apart[0].networks or ('default',))} / {', '.join(apart[1].networks or ('default',))}"
        return [Link("They are in different networks", file.id, "the compose file", quote=nets, command=file.command)]
    return []


def _from_facts(evidence: Evidence) -> Finding | None:
    for facts in evidence.databases:
        if not facts.reachable and UNRESOLVED.pattern.search(facts.error or ""):
            link = Link("The database's host is not known here", facts.id, "a look into the database",
                        quote=facts.error or "", command=facts.command)  # fmt: skip
            return Finding(_ID, _TITLE, "possible", "The name in the database's URL is not known on this machine.",
                           (link,), _mends(evidence, None, host_named(facts.error or "") or ""),
                           missing=("A container's name is known in its network only: give --container.",))  # fmt: skip
    return None


def _mends(evidence: Evidence, event: LogEvent | None, name: str) -> tuple[Mend, ...]:
    joined = _WITH_PORT.fullmatch(name)
    if joined:
        text = f"Set the host to {joined['host']} alone, and the port ({joined['port']}) in its own setting."
        return (Mend("text", text, "A host is looked up as a name; a port is not part of it."),)
    within = _cluster.service(name)
    if within:
        return _in_cluster(within, name)
    app = app_name(evidence, event)
    if name == UNREAD:
        return (
            Mend("command", environment_of(evidence, app), "Shows the URL that the service has; mind the password."),
            Mend("text", "Let it begin with postgres:// and name a host, and write what is special in a password "
                 "as URLs do: @ is %40, # is %23, / is %2F, ? is %3F, % is %25.",
                 "What cannot be read as a URL is taken for a path below postgres://base."),
        )  # fmt: skip
    shown = plain(name, "db")
    return (
        Mend("command", "docker ps --all" if alone(evidence, app) else "docker compose ps --all",
             "Shows whether the database's container runs."),
        Mend("command", lookup(evidence, app, shown), "Asks the same question where the service runs."),
        Mend("text", "Call the database by its service's name in compose.yaml and let both share a network; if it is "
             f"{shown}, start it in the same project (docker compose up, not docker run).",
             "Docker's resolver knows the running containers of one network, and nothing else."),
    )  # fmt: skip


def _in_cluster(service: _cluster.Service, name: str) -> tuple[Mend, ...]:
    """Return what to do about a name that only a cluster's own resolver knows."""
    return (
        Mend("command", f"kubectl get services,endpoints --namespace {service.namespace}",
             f"Shows whether {service.name} is there; without a service of that name nothing answers to it."),
        Mend("command", f"kubectl run lookup --rm -it --restart=Never --image=busybox -- nslookup {name}",
             "Asks the same question inside the cluster; outside of it nobody knows such a name."),
        Mend("text", f"Set the host to a service that is there: NAME.{service.namespace}.svc, or make "
             f"{service.name}; an operator makes it together with its database.",
             "A service's name begins with its own name and its namespace."),
    )  # fmt: skip


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="The host name in the service's configuration does not lead to the database.",
    explanation="""\
In a network of Docker the resolver at 127.0.0.11 knows the names of *running* containers of the *same* network: a
compose service by its service's name. A name is therefore unknown when it is misspelt, when the two containers are in
different networks or projects (`docker run` beside `docker compose up`), when a program on the host uses a name that
exists inside only, and when the database's container is not running.

The last is the most common: a database that ended for a reason of its own takes its name with it, and what one sees
first is this message in every other service. Look at the database's log before changing a name.

`EAI_AGAIN` and "Temporary failure in name resolution" say that the resolver gave no answer. In a network of containers
they mean the same as "not known". A host setting like `db:5432` is looked up as a whole.""",
    shows=(
        'could not translate host name "db" to address: Name or service not known',
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
        "dial tcp: lookup db on 127.0.0.11:53: no such host",
        "Error: getaddrinfo ENOTFOUND db",
    ),
    check=(
        "docker compose ps --all",
        "docker exec app getent hosts db",
        "docker inspect app db --format '{{.Name}} {{json .NetworkSettings.Networks}}'",
    ),
    mend=(
        "See whether the database runs: `docker compose ps --all`. If it has ended, its log has the reason; mend that.",
        "Let the host in the configuration be the database's service name, without a port.",
        "Let both services share a network, and be started by one project.",
        "For a program outside of Docker publish the database's port and use `localhost`.",
    ),
    prevent=(
        "Keep host and port in settings of their own, or both in one URL that is checked when the program starts.",
        "Let the service wait for the database's health: then the database's own failure is reported, not a name.",
    ),
    confidence="""\
- **certain**: the program ended on it, and the compose file shows that no service has that
  name, or that the two share no network.
- **likely**: the name was not resolved, and nothing shows a later success. Why it leads nowhere is not known.
- **possible**: the database's server cannot start, and this is what follows from it.""",
    find=find,
    explains=("migrations-not-applied", "migration-failed"),
    links=(
        "https://docs.docker.com/compose/how-tos/networking/",
        "https://docs.docker.com/engine/network/#dns-services",
        "https://man7.org/linux/man-pages/man3/getaddrinfo.3.html",
    ),
    signs=(UNRESOLVED,),
)
