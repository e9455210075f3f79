"""Names that could not be turned into an address, in the words of each resolver."""

import re

from incidentlab.causes._evidence import from_server, match, said, seen, shortly_before
from incidentlab.causes.startup._placeholder import unfilled
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import Evidence, LogEvent

# glibc's and musl's gai_strerror ("Name does not resolve", "Try again"), macOS, Windows, behind libpq's "could not
# translate host name", psycopg 3's "failed to resolve host", Go's net, Node's dns, Java, Erlang's inet, .NET, Rust.
UNRESOLVED = Sign(
    name="host-not-resolved",
    pattern=re.compile(
        r"could not translate host name \\?\"[^\"]{0,200}\" to address|could not translate host name"
        r"|failed to resolve host '"
        r"|Temporary failure in name resolution|Name or service not known|Name does not resolve"
        r"|nodename nor servname provided|No address associated with hostname|getaddrinfo failed"
        r"|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|getaddrinfo for host \"|no such host|No such host is known"
        r"|lookup [\w.\-]{1,200}(?: on [\d.:\[\]a-f]{2,60})?: (?:server misbehaving|i/o timeout|Try again)"
        r"|UnknownHostException|UnknownHostError|nxdomain|failed to lookup address information"
        r"|bad address '|DNS lookup failed"
    ),
    literals=(
        "could not translate host name", "failed to resolve host", "failure in name resolution",
        "Name or service not known", "Name does not resolve", "nodename nor servname", "No address associated",
        "getaddrinfo failed", "getaddrinfo ENOTFOUND", "getaddrinfo EAI_AGAIN", "getaddrinfo for host", "no such host",
        "No such host is known", "server misbehaving", "i/o timeout", ": Try again", "UnknownHostException",
        "UnknownHostError", "nxdomain", "failed to lookup address", "bad address '", "DNS lookup failed",
    ),
    examples=(
        'psycopg2.OperationalError: could not translate host name "db" to address: Temporary failure in name '
        'resolution',
        "psycopg.OperationalError: failed to resolve host 'db': [Errno -2] Name or service not known",
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
        'could not translate host name "pg" to address: No address associated with hostname',
        'could not translate host name "localhost:5432" to address: Name does not resolve',
        "panic: dial tcp: lookup db on 127.0.0.11:53: no such host",
        "dial tcp: lookup postgres on 127.0.0.11:53: server misbehaving",
        "Error: getaddrinfo ENOTFOUND postgres",
        "Error: getaddrinfo EAI_AGAIN db",
        "Caused by: java.net.UnknownHostException: postgres",
        "** (DBConnection.ConnectionError) tcp connect (db:5432): non-existing domain - :nxdomain",
        "error communicating with database: failed to lookup address information: Name or service not known",
        "socket.gaierror: [Errno 11001] getaddrinfo failed",
        "socket.gaierror: [Errno 8] nodename nor servname provided, or not known",
        "nc: bad address 'db'",
        'nc: getaddrinfo for host "db" port 5432: Name or service not known',
    ),
)  # fmt: skip

_NAME = re.compile(
    r"host name \\?\"(?P<a>[^\"\\]{0,200})|resolve host '(?P<b>[^']{0,200})'|ENOTFOUND (?P<c>[\w.\-]{1,200})"
    r"|EAI_AGAIN (?P<d>[\w.\-]{1,200})|lookup (?P<e>[\w.\-]{1,200})(?:[: ]|$)|UnknownHost(?:Exception"
    r"|Error): (?P<f>[\w.\-]{1,200})"
    r"|bad address '(?P<g>[^']{1,200})'|for host \"(?P<h>[^\"]{1,200})\"|tcp connect \((?P<i>[\w.\-]{1,200}):\d"
    r"|\bhost=(?P<k>[\w.\-]{1,200})|to (?P<l>[\w.\-]{1,80}):\d{2,5}\b"
)
# Other servers than PostgreSQL, by the names that people give them or by their clients.
_ANOTHER = re.compile(
    r"\b(?:redis|rabbit|amqp|kombu|celery|mysql|mariadb|mongo|elastic|opensearch|kafka|zookeeper|memcache|minio|smtp|mail"
    r"|sentry|vault|consul|pypi|npmjs|registry|github|download|https?://|solr|influx|clickhouse|cassandra|nats|ldap"
    r"|keycloak|jaeger|otel|loki|logstash|graylog)",
    re.IGNORECASE,
)
# Who asks is a client of the web, or a proxy that looks for whom it serves: a database is not reached that way, even
# where its name is in the same line.
_OF_THE_WEB = re.compile(
    r"https?connectionpool|\bfaraday\b|\bnet::http\b|\bhttparty\b|\brestclient\b|\baxios|\bundici\b|\bfetch failed\b"
    r"|\baiohttp\.|\bhttpx\.|\bokhttp|\bresttemplate\b|\bwebclient|\bupstream\b|\[emerg\]|\breverse[- _]?proxy\b"
    r"|\b(?:error|http|status:?) 502\b|\b502 bad gateway\b",
    re.IGNORECASE,
)
_POSTGRES = re.compile(
    r"translate host name|failed to resolve host|\bpostgres|\bpsycopg|\basyncpg|\bpq:|\bpgx|\bPSQL|\bpgsql\b"
    r"|\bDBConnection\b|\bpostgrex\b|\bpq\b|\bdatabase\b|\b5432\b|\bpg_|\bpsql\b|\bpg\b|\bdb\b|django\.db|sqlalchemy|\bNpgsql|\bhikari"
    r"|\bjdbc|\bsequelize|\btypeorm|\bprisma|\bknex|\bdiesel\b|\bsqlx|\bgorm\b|\bactive_?record|\bhibernate|\bflyway"
    r"|\bliquibase|\balembic|\bdoctrine|\bdbal\b|\bPDO|\bpgbouncer",
    re.IGNORECASE,
)
_DATABASES_NAME = re.compile(r"(?:^|[_\-.])(?:db|pg|postgres\w{0,8}|database)|db[_\-]?\d{0,3}$", re.IGNORECASE)
# What node-postgres asks for where it cannot read its URL: pg-connection-string takes it as relative to postgres://base.
UNREAD = "base"
_NEAR = 3  # lines of the same program before, in which it may say what it is about to connect to
_A_PORT = re.compile(r"\b[a-z][\w\-]{0,100}:(?!53\b|54\d\d\b|64\d\d\b|65\d\d\b)\d{2,5}\b", re.IGNORECASE)


def unresolved(evidence: Evidence) -> tuple[LogEvent, ...]:
    """Return the events in which a name could not be resolved that is the database's and was really given."""
    asked = [event for event in seen(evidence, UNRESOLVED) if not from_server(event)]
    return tuple(one for one in asked if is_unresolved(one) or (_may_be(one) and _led_to(evidence, one)))


def is_unresolved(event: LogEvent) -> bool:
    """Whether an event says that a database's name was not resolved, and not what an unset variable leaves behind."""
    name = host_in(event)
    if match(event, UNRESOLVED) is None or (name is not None and unfilled(name)):
        return False
    text = _all_of(event)
    if _OF_THE_WEB.search(text) or (name and _ANOTHER.match(name)):
        return False
    if name == UNREAD and "getaddrinfo " in text:
        return True
    return bool(_POSTGRES.search(text)) or bool(name and _DATABASES_NAME.search(name))


def _may_be(event: LogEvent) -> bool:
    """Whether a name without a word of a database may be one: a service of a stack, at no other port."""
    name, text = host_in(event), _all_of(event)
    if name and (unfilled(name) or "." in name):
        return False
    return not (_ANOTHER.search(text) or _OF_THE_WEB.search(text) or _A_PORT.search(event.text))


def _led_to(evidence: Evidence, event: LogEvent) -> bool:
    """Whether the program spoke of its database right before, and of nothing else that it connects to."""
    own = [one for one in shortly_before(evidence, event, 4 * _NEAR) if one.service == event.service][-_NEAR:]
    about = " ".join(_all_of(one) for one in own)
    return bool(_POSTGRES.search(about)) and not _ANOTHER.search(about)


def _all_of(event: LogEvent) -> str:
    return f"{said(event)} {' '.join(event.packages)}"


def host_in(event: LogEvent) -> str | None:
    """Return the name that was looked up, where the message has it."""
    return host_named(said(event))


def host_named(text: str) -> str | None:
    """Return the name that was looked up, by a resolver's words."""
    found = _NAME.search(text)
    return next((value for value in found.groupdict().values() if value is not None), "") if found else None
