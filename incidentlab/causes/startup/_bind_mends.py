"""How to find who holds a port: by the tools of the system that the log comes from, and without a number it has not."""

import re

from incidentlab.model.diagnosis import Mend

_CLUSTER = re.compile(r"\brequested pod ports\b|\bhost port is already (?:in use|allocated)\b")
_WINDOWS = re.compile(r"[Oo]nly one usage of each socket address")  # Winsock's WSAEADDRINUSE
# 48 is EADDRINUSE of BSD and macOS, 98 of Linux; Docker Desktop says that ports are not available.
_DESKTOP = re.compile(r"\bErrno 48\b|[Pp]orts are not available")
_PODMAN = re.compile(r"\brootlessport\b|\bpodman\b")
_ONE_OF_THEM = Mend("text", "Stop that program, or give this one another port.", "Only one of them can listen on it.")
_ANY = "Names the programs that listen, each with its port: the log does not say which port it is."


def mends(text: str, port: str | None) -> tuple[Mend, ...]:
    """Return how to find the holder of a port, and what to do then; ``text`` is the message that it is taken."""
    if _CLUSTER.search(text):
        return _in_cluster()
    return (_program(text, port), _container(text, port), _ONE_OF_THEM)


def _in_cluster() -> tuple[Mend, ...]:
    columns = "NODE:.spec.nodeName,POD:.metadata.name,PORTS:.spec.containers[*].ports[*].hostPort"
    return (
        Mend("command", f"kubectl get pods --all-namespaces -o custom-columns='{columns}' | grep -v '<none>$'",
             "Names the pods that hold a port of their node (hostPort)."),
        Mend("text", "Leave hostPort (and hostNetwork) out, and let a Service publish the port.",
             "A node has each port once; a Service needs none of it."),
        Mend("text", "If it has to be: no more replicas than nodes, and strategy: Recreate, so that the old pod gives "
                     "the port back before the new one asks for it."),
    )  # fmt: skip


def _program(text: str, port: str | None) -> Mend:
    if _WINDOWS.search(text):
        shown = f" | findstr :{port}" if port else ""
        why = 'Its last column is the number of the program: tasklist /fi "PID eq NUMBER" names it.'
        return Mend("command", f"netstat -ano{shown}", why)
    why = "Names the program that holds the port." if port else _ANY
    if _DESKTOP.search(text):
        return Mend("command", f"lsof -nP -sTCP:LISTEN -iTCP{f':{port}' if port else ''}", why)
    return Mend("command", f"ss -ltnp 'sport = :{port}'" if port else "ss -ltnp", why)


def _container(text: str, port: str | None) -> Mend:
    if _PODMAN.search(text):
        return Mend("command", "podman ps --format '{{.Names}} {{.Ports}}'", "Names the containers with their ports.")
    if port:
        why = "Names the container that holds it, if it is one."
        return Mend("command", f"docker ps --filter publish={port}", why)
    return Mend("command", "docker ps --format '{{.Names}} {{.Ports}}'", "Names the containers with their ports.")
