"""Asks each part of the lab that stands how it is: what it answers counts, not what was once started."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from incidentlab.lab.probes import HEALTH_PATH, Prober
from incidentlab.lab.recorder import Recorder
from incidentlab.model.standing import Condition, Place, Standing
from incidentlab.monitoring.api import Api
from incidentlab.monitoring.parts import ALERTMANAGER, GRAFANA, PROMETHEUS

_SECONDS = 3.0  # for an app to answer


def conditions(standing: Standing) -> list[Condition]:
    """Return the condition of every part, all asked at once."""
    with ThreadPoolExecutor(max(len(standing.places), 1)) as pool:
        return list(pool.map(condition, standing.places))


def condition(place: Place) -> Condition:
    """Ask one part."""
    well, said = _ASKS.get(place.part, _app)(place.url)
    return Condition(place.part, place.url, well, said)


def _app(url: str) -> tuple[bool, str]:
    prober = Prober(url, Recorder(lambda _: None))
    try:
        answer = prober.ask("GET", HEALTH_PATH, timeout=_SECONDS)
    finally:
        prober.close()
    said = answer.error if answer.status is None else f"GET {HEALTH_PATH} → {answer.status}"
    return answer.status == 200, said


def _database(url: str) -> tuple[bool, str]:
    """Ask whether it takes connections, which it tells without a password."""
    from psycopg.pq import PGconn, Ping

    parts = urlsplit(url)
    found = Ping(PGconn.ping(f"host={parts.hostname} port={parts.port} connect_timeout={_SECONDS:.0f}".encode()))
    said = {Ping.OK: "takes connections", Ping.REJECT: "answers, and takes no connections yet"}
    return found == Ping.OK, said.get(found, "no answer")


def _prometheus(url: str) -> tuple[bool, str]:
    api = Api(url)
    try:
        if not api.ready():
            return False, "no answer"
        targets = api.targets()
        up = sum(each.up for each in targets)
        return True, f"ready; {up} of {len(targets)} targets up"
    finally:
        api.close()


def _alertmanager(url: str) -> tuple[bool, str]:
    api = Api(url)
    try:
        told = api.alerts()
        if told is None:
            return False, "no answer"
        firing = ", ".join(sorted({each.name for each in told if not each.kept_back}))
        quiet = ", ".join(sorted({each.name for each in told if each.kept_back}))
        said = f"ready; firing: {firing}" if firing else "ready; no alert"
        return True, f"{said}; kept back: {quiet}" if quiet else said
    finally:
        api.close()


def _grafana(url: str) -> tuple[bool, str]:
    api = Api(url)
    try:
        return (True, "answers") if api.answers("/api/health") else (False, "no answer")
    finally:
        api.close()


_ASKS: dict[str, Callable[[str], tuple[bool, str]]] = {
    "database": _database,
    PROMETHEUS: _prometheus,
    ALERTMANAGER: _alertmanager,
    GRAFANA: _grafana,
}
