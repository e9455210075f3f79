"""A program could not reach another service at first, and says later that it is connected to that same one.

Celery calls each try an error, and goes on to say "Connected to redis://queue:6379/0". Of the database the causes
know more; here it is brokers, caches and whatever else a service waits for at its start.
"""

import re

from incidentlab.causes._evidence import later
from incidentlab.model.evidence import Evidence, LogEvent

_NOT_REACHED = re.compile(
    r"\b(?:can(?:not|'t|not be)|could not|couldn't|failed to|unable to|error|fail(?:ed|ure)) connect"
    r"|\bconnect(?:ion)? (?:to \S{1,200} )?(?:refused|failed|error|lost|timed out)\b|\bECONNREFUSED\b|\bEAI_AGAIN\b"
    r"|\bENOTFOUND\b|\bETIMEDOUT\b|\bno such host\b|\bname resolution\b|\bName or service not known\b"
    r"|\bConnection refused\b",
    re.IGNORECASE,
)
_REACHED = re.compile(
    r"\b(?:re-?)?connected\b|\bconnection (?:is )?(?:re-?)?(?:established|restored|ready|opened|open)\b",
    re.IGNORECASE,
)
_NOT_SO = re.compile(
    r"\b(?:not|never|dis|until|when|once|if|waiting|wait|will)\b[ -]?(?:\w{1,20} ){0,3}$", re.IGNORECASE
)
# redis://queue:6379/0, queue:6379; or what the other is, where one of the two lines says no more.
_PLACE = re.compile(
    r"\b[a-z][a-z+]{1,20}://(?:[^@\s/]{0,120}@)?(?P<host>[\w.\-]{1,200})|\b(?P<pair>[\w.\-]{1,200}):\d{2,5}\b"
)
_KIND = re.compile(
    r"redis|valkey|rabbitmq|amqp|broker|kafka|nats|mqtt|memcached?|mongo(?:db)?|elasticsearch|opensearch|minio|smtp|ldap",
    re.IGNORECASE,
)


def reached_later(evidence: Evidence, event: LogEvent) -> bool:
    """Whether an event is a failed try to reach another service, which the same program has reached since."""
    if not _NOT_REACHED.search(event.text):
        return False
    own = [one for one in later(evidence, event) if (one.source, one.service) == (event.source, event.service)]
    wanted = _names(event.text)
    for one in reversed(own):
        if not wanted & _names(one.text):
            continue
        if one.severity in ("error", "fatal") or _NOT_REACHED.search(one.text):
            return False
        found = _REACHED.search(one.text)
        if found and not _NOT_SO.search(one.text[: found.start()]):
            return True
    return False


def _names(text: str) -> set[str]:
    places = {found["host"] or found["pair"] for found in _PLACE.finditer(text)}
    return {name.lower() for name in places} | {found[0].lower() for found in _KIND.finditer(text)}
