"""The service's own monitoring files → what the lab's Prometheus and Alertmanager are told."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from incidentlab.errors import UsageError
from incidentlab.resources import bundled_root

JOB = "taskmanager"  # of the service's own Prometheus
INTERVAL = "500ms"  # between two scrapes and two evaluations: a run lasts seconds
RULES = "alerts.yml"  # how Prometheus finds the rules, whatever their own file is called
_JOB = re.compile(r"""\bjob\s*=\s*["']([^"']+)["']""")


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert rule as its file has it."""

    name: str
    expression: str
    lasting: str  # its ``for``
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


def folder() -> Path:
    """Return where the service's monitoring files are."""
    return bundled_root() / "service" / "monitoring"


def rules_file() -> Path:
    """Return the service's alert rules."""
    return folder() / RULES


def job_of(rules: Iterable[Rule]) -> str:
    """Return what the app's job has to be called: as the rules call it, where they agree on one name.

    Rules of somebody's own service name that service's job, and would see nothing of one that is called otherwise.
    """
    named = {found for each in rules for found in _JOB.findall(each.expression)}
    return named.pop() if len(named) == 1 else JOB


def prometheus_files(targets: Sequence[str], alertmanager: str, rules: Path, job: str = JOB) -> dict[str, str]:
    """Return Prometheus' files: the service's configuration with the run's addresses in it, and the rules.

    Args:
        targets: host:port of each replica of the app.
        alertmanager: host:port.
        rules: the file with the alert rules.
        job: what the app's job is called.

    Raises:
        UsageError: a file cannot be read.
    """
    config = _document(folder() / "prometheus.yml")
    own = next((each for each in config.get("scrape_configs", ()) if each.get("job_name") == JOB), {"job_name": JOB})
    own = {name: value for name, value in own.items() if not name.endswith("_sd_configs") and name != "static_configs"}
    own |= {"job_name": job, "static_configs": [{"targets": list(targets)}]}
    own |= {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL}
    told = {
        "global": {**config.get("global", {}), "scrape_interval": INTERVAL, "evaluation_interval": INTERVAL}
        | {"scrape_timeout": INTERVAL},
        "rule_files": [RULES],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [own],
    }
    return {"prometheus.yml": _text(told), RULES: _read(rules)}


def alertmanager_files(webhook: str) -> dict[str, str]:
    """Return Alertmanager's files: the service's routes without their patience, and one receiver.

    Args:
        webhook: where it tells of alerts; empty where its own list is asked instead.
    """
    config = _document(folder() / "alertmanager.yml")
    route = {**config.get("route", {}), "receiver": "incidentlab", "group_wait": "0s", "group_interval": "1s"}
    route.pop("routes", None)
    hooks = {"webhook_configs": [{"url": webhook, "send_resolved": True}]} if webhook else {}
    told = {"route": route, "receivers": [{"name": "incidentlab", **hooks}]}
    if "inhibit_rules" in config:
        told["inhibit_rules"] = config["inhibit_rules"]
    return {"alertmanager.yml": _text(told)}


def rules(path: Path) -> tuple[Rule, ...]:
    """Return the alert rules of a file.

    Raises:
        UsageError: it cannot be read, or is not what Prometheus takes for rules.
    """
    try:
        groups = _document(path)["groups"]
        return tuple(
            Rule(
                str(each["alert"]),
                str(each["expr"]).strip(),
                str(each.get("for") or "0s"),
                _words(each.get("labels")),
                _words(each.get("annotations")),
            )
            for group in groups
            for each in group["rules"]
            if "alert" in each
        )
    except (KeyError, TypeError, AttributeError):
        raise UsageError(
            f"{path} holds no alert rules.",
            why="It has to hold `groups:`, each with `rules:` of `alert:` and `expr:`.",
            mend=(f"See what is wrong: promtool check rules {path}",),
        ) from None


def _words(found: Mapping[str, Any] | None) -> dict[str, str]:
    """Return labels or annotations, which Prometheus too takes empty, and numbers among them as words."""
    return {str(name): str(value) for name, value in (found or {}).items()}


def _document(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(_read(path))
    except yaml.YAMLError as error:
        raise UsageError(
            f"{path} is not YAML.", why=str(error), mend=(f"See what is wrong: promtool check rules {path}",)
        ) from None
    return found if isinstance(found, dict) else {}


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read.",
            why=str(getattr(error, "strerror", "") or error),
            mend=("Name another file with alert rules: --rules FILE",),
        ) from None


def _text(told: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(told), sort_keys=False)
