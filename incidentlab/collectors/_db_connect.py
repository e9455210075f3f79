"""One connection to PostgreSQL, within a time that holds whatever the network does.

libpq asks for a host's address without any limit of time, and a host may have several addresses, each of which may
swallow packets; so names are resolved here, in a thread that is given up, and the addresses are tried one after
the other. Never are there two connections at once.
"""

import socket
from dataclasses import dataclass
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from incidentlab.collectors._dsn import Target

if TYPE_CHECKING:
    from psycopg import Connection, OperationalError

    Connected = Connection[tuple[Any, ...]]

RESOLVE_SECONDS = 2.0
CONNECT_SECONDS = 4.0  # for all addresses together
_LEAST_SECONDS = 2  # libpq's own least for connect_timeout
_MOST_ADDRESSES = 8


@dataclass(frozen=True, slots=True)
class Attempt:
    """An address to try: what replaces host, hostaddr and port among the parameters."""

    place: dict[str, str]
    failure: str = ""  # why it cannot even be tried


def connect(target: Target, remarks: list[str]) -> "Connected":
    """Return a connection in autocommit mode; what had to be done differently is added to ``remarks``.

    Raises:
        psycopg.Error: no address let us in; its text is that of the last attempt, and of the others if they differ.
    """
    from psycopg import OperationalError

    try:
        return _any_of(target.parameters)
    except OperationalError as error:
        # PgBouncer refuses parameters that it does not know (its ignore_startup_parameters).
        if "options" not in target.parameters or "startup parameter" not in str(error):
            raise
    remarks.append("A pooler in between refuses the options of the URL; the database was read without them.")
    return _any_of({name: value for name, value in target.parameters.items() if name != "options"})


def _any_of(parameters: dict[str, str]) -> "Connected":
    from psycopg import OperationalError

    attempts = _attempts(parameters)
    until = monotonic() + CONNECT_SECONDS
    failures: list[OperationalError] = []
    for number, attempt in enumerate(attempts):
        left = until - monotonic()
        if attempt.failure:
            failures.append(OperationalError(attempt.failure))
        elif left <= 0:
            failures.append(OperationalError(f"{len(attempts) - number} further addresses were not tried."))
            break
        else:
            try:
                return _one(parameters | attempt.place, max(_LEAST_SECONDS, int(left / (len(attempts) - number))))
            except OperationalError as error:
                failures.append(error)
    raise _summed_up(failures)


def _one(parameters: dict[str, str], seconds: int) -> "Connected":
    import psycopg

    own = {"connect_timeout": str(seconds), "application_name": "incidentlab", "client_encoding": "UTF8"}
    try:
        # No prepared statements: behind a pooler they would stay in a session of somebody else.
        return psycopg.connect(**(parameters | own), autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
    except psycopg.errors.ConnectionTimeout as error:
        place = parameters.get("host") or "the server"
        raise psycopg.errors.ConnectionTimeout(
            f"connection to server at {place}, port {parameters.get('port') or 5432} failed: timeout expired"
            f" (no answer in {seconds} s)"
        ) from error


def _attempts(parameters: dict[str, str]) -> list[Attempt]:
    """Split several hosts, and the addresses of each, into single attempts."""
    hosts = parameters.get("host", "").split(",")
    addresses = parameters.get("hostaddr", "").split(",")
    ports = parameters.get("port", "").split(",")
    if parameters.get("hostaddr") or not parameters.get("host"):
        hosts = hosts if len(hosts) == len(addresses) else [""] * len(addresses)
        named = [Attempt(_place(host, address, "")) for host, address in zip(hosts, addresses, strict=True)]
    else:
        named = [Attempt(_place(host, "", "")) for host in hosts]
    found: list[Attempt] = []
    until = monotonic() + RESOLVE_SECONDS
    for number, attempt in enumerate(named):
        port = ports[number] if len(ports) == len(named) else ports[0]
        placed = Attempt(attempt.place | ({"port": port} if port else {"port": ""}))
        found += _resolved(placed, until)
    return found[:_MOST_ADDRESSES]


def _place(host: str, address: str, port: str) -> dict[str, str]:
    return {"host": host, "hostaddr": address, "port": port}


def _resolved(attempt: Attempt, until: float) -> list[Attempt]:
    host = attempt.place["host"]
    if not host or host.startswith(("/", "@")) or attempt.place["hostaddr"]:
        return [attempt]
    answer: list[list[str] | OSError] = []

    def ask() -> None:
        try:
            entries = socket.getaddrinfo(host, attempt.place["port"] or 5432, type=socket.SOCK_STREAM)
            answer.append(list(dict.fromkeys(str(entry[4][0]) for entry in entries)))
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that is too long, or empty
            answer.append(error if isinstance(error, OSError) else OSError(str(error)))

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(max(0.1, until - monotonic()))
    # libpq's words, so that people and rules know them again.
    failed = f'could not translate host name "{host}" to address: '
    if not answer:
        return [Attempt(attempt.place, failed + f"no answer within {RESOLVE_SECONDS:.0f} s")]
    if isinstance(answer[0], OSError):
        return [Attempt(attempt.place, failed + (answer[0].strerror or str(answer[0])))]
    found = [Attempt(attempt.place | {"hostaddr": address}) for address in answer[0]]
    return found or [Attempt(attempt.place, failed + "it has none")]


def _summed_up(failures: "list[OperationalError]") -> "OperationalError":
    texts = list(dict.fromkeys(" ".join(str(one).split()) for one in failures))
    if len(texts) == 1:
        return failures[-1]
    return type(failures[-1])("; ".join(texts))
