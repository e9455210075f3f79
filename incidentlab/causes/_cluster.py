"""Kubernetes and OpenShift by what a log shows of them: whose log it is, and the names that only a cluster has.

Compose's commands are of no use there. ``kubectl logs POD`` is what people paste above a log; a host of the form
SERVICE.NAMESPACE.svc is the cluster's own DNS (Kubernetes' documentation, "DNS for Services and Pods").
"""

import re
import shlex
from dataclasses import dataclass

from incidentlab.model.evidence import Evidence, LogEvent

_CALL = re.compile(r"^[$#>%]?\s{0,4}(?P<tool>kubectl|oc)\s(?P<rest>[^|;&\n]{1,300})")
_NAME = re.compile(r"(?:pods?/|deploy(?:ments?)?/|statefulsets?/|sts/)?(?P<name>[a-z0-9][a-z0-9.\-]{0,252})")
_TAKES_A_VALUE = ("-n", "--namespace", "-c", "--container", "-l", "--selector", "--tail", "--since", "--context")
_NUMBERED = re.compile(r"(?P<set>[a-z0-9][a-z0-9.\-]{0,200})-\d{1,3}")
_HASHED = re.compile(r"(?P<set>[a-z0-9][a-z0-9.\-]{0,200})-[a-z0-9]{5,10}-[a-z0-9]{5}")
_SERVICE = re.compile(
    r"(?P<service>[a-z0-9][a-z0-9\-]{0,62})\.(?P<namespace>[a-z0-9][a-z0-9\-]{0,62})\.svc(?:\.[a-z0-9.\-]{1,100})?"
)


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod whose log was shown: by which program, and what makes it (``statefulset/pg``), as far as its name tells."""

    tool: str
    name: str
    namespace: str = ""
    owner: str = ""

    @property
    def place(self) -> str:
        """The option that names its namespace, with a blank before it; "" where none is known."""
        return f" --namespace {self.namespace}" if self.namespace else ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a cluster, by its full name in DNS."""

    name: str
    namespace: str


def service(host: str) -> Service | None:
    """Return the service that a host's name stands for in a cluster; ``None`` for any other name."""
    found = _SERVICE.fullmatch(host)
    return Service(found["service"], found["namespace"]) if found else None


def pod_of(evidence: Evidence, said: LogEvent | None) -> Pod | None:
    """Return the pod whose log an event stands in, where the call that showed it stands above it."""
    last = None
    for event in evidence.logs:
        if said and event.source == said.source and event.first_line >= said.first_line:
            break
        found = _CALL.match(event.text) if " logs " in event.text else None
        last = (_pod(found["tool"], found["rest"]) if found else None) or last
    return last


def _pod(tool: str, rest: str) -> Pod | None:
    try:
        words = shlex.split(rest)
    except ValueError:
        return None
    names, namespace, option = [], "", ""
    for word in words:
        if option:
            namespace = word if option in ("-n", "--namespace") else namespace
            option = ""
        elif word.startswith("--namespace="):
            namespace = word.partition("=")[2]
        elif word.startswith("-"):
            option = word if word in _TAKES_A_VALUE else ""
        else:
            names.append(word)
    named = _NAME.fullmatch(names[1]) if len(names) > 1 and names[0] == "logs" else None
    if named is None or (namespace and not _NAME.fullmatch(namespace)):
        return None
    name = named["name"]
    hashed, numbered = _HASHED.fullmatch(name), _NUMBERED.fullmatch(name)
    owner = f"deployment/{hashed['set']}" if hashed else f"statefulset/{numbered['set']}" if numbered else ""
    return Pod(tool, name, namespace, owner)
