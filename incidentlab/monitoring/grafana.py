"""Grafana with the service's dashboards, its data source being the lab's own Prometheus."""

from pathlib import Path
from typing import Any

import yaml

from incidentlab.engines._base import Reached, Stack
from incidentlab.monitoring import config, parts
from incidentlab.monitoring.running import ready

_READY_SECONDS = 60.0  # its first start migrates a database of its own
_HOME = "/etc/incidentlab"  # where a container has the files that it is handed
_SOURCE = {"name": "Prometheus", "uid": "prometheus", "type": "prometheus", "access": "proxy", "isDefault": True}


def start(stack: Stack, prometheus: str, password: str) -> Reached:
    """Start it and wait until it answers.

    Args:
        stack: beside whose app it lives.
        prometheus: host:port, as another companion reaches it.
        password: of its user ``admin``.

    Raises:
        CompanionUnavailableError: its image is not to be had, or it did not come up.
    """
    companion = parts.grafana(files(config.folder() / "grafana", prometheus), password, parts.GRAFANA_PORT)
    reached = stack.accompany(companion)
    ready(stack, companion, reached, "/api/health", _READY_SECONDS)
    return reached


def files(folder: Path, prometheus: str) -> dict[str, str]:
    """Return what Grafana is provisioned with: the service's own files, with the lab's addresses in them."""
    found = {
        f"dashboards/{path.name}": path.read_text("utf-8") for path in sorted((folder / "dashboards").glob("*.json"))
    }
    sources = [each for path in _documents(folder, "datasources") for each in path.get("datasources", ())]
    sources = [{**each, "url": f"http://{prometheus}"} for each in sources or [_SOURCE] if each["type"] == "prometheus"]
    found["provisioning/datasources/lab.yml"] = _text({"apiVersion": 1, "datasources": sources})
    providers = [each for path in _documents(folder, "dashboards") for each in path.get("providers", ())]
    where = {"options": {"path": f"{_HOME}/dashboards"}}
    providers = [{**each, **where} for each in providers or [{"name": "lab", "type": "file"}]]
    found["provisioning/dashboards/lab.yml"] = _text({"apiVersion": 1, "providers": providers})
    return found


def _documents(folder: Path, kind: str) -> list[dict[str, Any]]:
    paths = sorted((folder / "provisioning" / kind).glob("*.y*ml"))
    return [yaml.safe_load(path.read_text("utf-8")) or {} for path in paths]


def _text(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False)
