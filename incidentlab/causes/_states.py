"""Rows in which an engine tells the state of a container: each speaks of its own container and of no other.

They stand in what people paste: `docker ps`, `docker compose ps` and `up`, `kubectl get pods`. A cache that is healthy
says nothing about the service beside it, and one row that is not well outweighs all that are.
"""

import re

from incidentlab.model.evidence import Evidence, LogEvent

# Docker's STATUS column, compose's of both generations and the lines of its `up`, Kubernetes' reasons, events and READY
# column, Swarm's states of tasks and services, systemd's, pm2's table, ECS' events.
_ILL = re.compile(
    r"\(unhealthy\)|\bis unhealthy\b|\bRestarting \(\d{1,3}\)|\b[Ee]xited \((?!0\))\d{1,3}\)|\s{2}Exit (?!0\b)\d{1,3}\b"
    r"|\bDead\s*$|\bUp \(unhealthy\)|\bContainer \S{1,120}\s{1,80}(?:Error|Unhealthy|Exited)\b"
    r"|\bdependency failed to start\b|\bdependency \S{1,120} failed to start\b"
    r"|\b(?:Init:)?(?:CrashLoopBackOff|ImagePullBackOff|ErrImagePull|ErrImageNeverPull|InvalidImageName|OOMKilled"
    r"|CreateContainerConfigError|CreateContainerError|RunContainerError|StartError|ContainerCannotRun)\b"
    r"|^\S{1,253}\s{1,80}\d{1,3}/\d{1,3}\s{1,80}(?:Init:)?(?:Error|Evicted|Unknown|Failed)\b"
    r"|^\S{1,253}\s{1,80}0/\d{1,3}\s{1,80}Running\b"
    r"|\bWarning\s{1,80}(?:\d\S{0,12}\s{1,80}|\S{1,12} \(x\d{1,6} over \S{1,12}\)\s{1,80})?"
    r"(?:Unhealthy|BackOff|Failed\w{0,40})\b|\bfailed container health checks\b"
    r"|[│|]\s{0,40}errored\s{0,40}[│|]|\breplicated\s{1,80}0/[1-9]"
    r"|\b(?:Failed|Rejected) \d{1,4} \w{1,8} ago\b|\bActive: failed\b"
    r"|\bcode=(?:exited|killed|dumped), status=(?!0\b)\d|\bFailed with result '|\bJob for \S{1,120} failed\b"
)
# One of these is in each of them: most lines of most logs hold none, and are not searched.
_ILL_WORDS = (
    "nhealthy", "Restarting (", "xited (", "  Exit ", "Dead", "Container ", "dependency ", "BackOff", "ErrImage",
    "InvalidImageName", "OOMKilled", "Error", "Evicted", "Unknown", "Failed", "0/", "ContainerCannotRun", "errored",
    "Rejected ", "failed", ", status=",
)  # fmt: skip
_WELL = re.compile(
    r"\bUp (?:\d{1,4} \w{1,8}|About an? \w{1,8}|Less than a second) \(healthy\)|\bUp \(healthy\)"
    r"|\brunning \(healthy\)|\bContainer \S{1,120}\s{1,80}Healthy\b"
    r"|^\S{1,253}\s{1,80}(?P<ready>\d{1,3})/(?P=ready)\s{1,80}(?:Running\s{1,80}\d|Completed\b)"
)
# Such a row, whatever it says.
_ROW = re.compile(
    r"\bUp (?:\d{1,4} \w{1,8}|About an? \w{1,8}|Less than a second)\b|\s{2}Up\b|\bExited \(\d"
    r"|^\S{1,253}\s{1,80}\d{1,3}/\d{1,3}\s{1,80}[A-Z]|\bContainer \S{1,120}\s{1,80}[A-Z][a-z]{1,12}\b"
    r"|^(?:\S{1,12}\s{1,80})?Normal\s{1,80}(?:\S{1,24} \(x\d{1,6} over \S{1,12}\)\s{1,80})?[A-Z]\w{1,40}\b"
)
_NAMED = re.compile(r"\b[Cc]ontainer (?P<name>[\w.\-]{1,120})")
_NAME = re.compile(r"[a-z0-9][\w.\-]{0,120}[a-z0-9]", re.IGNORECASE)
_WORDS = frozenset({"error", "ago", "unhealthy", "healthy", "exited", "started", "running", "dependency", "container"})


def is_row(event: LogEvent) -> bool:
    """Whether a line is an engine's word about a container, and not a program's about itself."""
    return bool(_ROW.search(event.text) or _is_ill(event.text) or _WELL.search(event.text))


def ill(evidence: Evidence) -> LogEvent | None:
    """Return a row by which a container is not well, unless a later one about the same container says that it is."""
    open_ones: list[LogEvent] = []
    for event in evidence.logs:
        if _is_ill(event.text):
            open_ones.append(event)
        elif open_ones and _WELL.search(event.text):
            names = _names(event)
            open_ones = [one for one in open_ones if not names & _names(one)]
    return open_ones[0] if open_ones else None


def _is_ill(text: str) -> bool:
    return any(word in text for word in _ILL_WORDS) and _ILL.search(text) is not None


def _names(event: LogEvent) -> frozenset[str]:
    """Return by what a row may name its container: its first column, its last one, the word after "container"."""
    named = _NAMED.search(event.text)
    if named:
        return frozenset({named["name"]})
    words = event.text.split()
    ends = {words[0], words[-1]} if words else set()
    names = {one for one in ends if _NAME.fullmatch(one) and not (one[0].isdecimal() and len(one) < 12)}
    return frozenset(names - _WORDS)
