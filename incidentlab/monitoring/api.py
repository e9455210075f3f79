"""What Prometheus and Alertmanager answer over HTTP, as far as the lab asks them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incidentlab.monitoring.arrivals import Told

if TYPE_CHECKING:
    import requests

_SECONDS = 2.0  # for one answer


@dataclass(frozen=True, slots=True)
class Target:
    """One scraped address and how that goes."""

    address: str
    up: bool
    error: str


class Api:
    """One server's HTTP interface; ``None`` and empty answers stand for a server that does not answer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session: requests.Session | None = None

    def ready(self) -> bool:
        """Say whether it is ready to serve."""
        return self.answers("/-/ready")

    def answers(self, path: str) -> bool:
        """Say whether it answers a path with success."""
        return self.text(path) is not None

    def text(self, path: str) -> str | None:
        """Return what it answers to a path, as it is."""
        found: str | None = self._get(path, text=True)
        return found

    def version(self) -> str:
        """Return its version, where it says one."""
        for path, keys in (("/api/v1/status/buildinfo", ("data", "version")), ("/api/v2/status", ("versionInfo",))):
            found = self._get(path)
            for key in keys:
                found = found.get(key) if isinstance(found, dict) else None
            if isinstance(found, dict):
                found = found.get("version")
            if isinstance(found, str):
                return found.partition("+")[0]
        return ""

    def alerts(self) -> list[Told] | None:
        """Return the alerts that an Alertmanager has and that are not over."""
        found = self._get("/api/v2/alerts")
        if not isinstance(found, list):
            return None
        return [
            Told.of(each["fingerprint"], each["labels"], each["annotations"], each["status"]["state"]) for each in found
        ]

    def targets(self) -> list[Target]:
        """Return what a Prometheus scrapes; a target that was not scraped yet is not up."""
        found = self._get("/api/v1/targets?state=active")
        active = found["data"]["activeTargets"] if isinstance(found, dict) else []
        return [Target(each["scrapeUrl"], each["health"] == "up", each.get("lastError", "")) for each in active]

    def rules(self) -> list[str]:
        """Return the names of the alert rules that a Prometheus has loaded."""
        found = self._get("/api/v1/rules?type=alert")
        groups = found["data"]["groups"] if isinstance(found, dict) else []
        return [rule["name"] for group in groups for rule in group["rules"]]

    def scraped(self) -> bool:
        """Say whether a Prometheus has asked every target once, whatever came of it."""
        found = self._get("/api/v1/targets?state=active")
        active = found["data"]["activeTargets"] if isinstance(found, dict) else []
        return bool(active) and all(each["health"] != "unknown" for each in active)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the instant vector of an expression; empty where it has none."""
        found = self._get("/api/v1/query", params={"query": expression})
        return found["data"]["result"] if isinstance(found, dict) and found.get("status") == "success" else []

    def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            self._session.close()

    def _get(self, path: str, *, text: bool = False, params: dict[str, str] | None = None) -> Any:
        import requests

        if self._session is None:
            self._session = requests.Session()
            self._session.trust_env = False  # it listens on 127.0.0.1
        try:
            answer = self._session.get(self.url + path, params=params, timeout=_SECONDS)
            if not answer.ok:
                return None
            return answer.text if text else answer.json()
        except (requests.RequestException, ValueError):
            return None
