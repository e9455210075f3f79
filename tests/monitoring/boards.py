"""The service's dashboards as tests read them: panels, and each query as Grafana sends it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from incidentlab.monitoring import config

FOLDER = config.folder() / "grafana"
# What Grafana puts in before it asks; the lab scrapes twice a second.
VARIABLES = {"$__rate_interval": "10s", "$instance": ".*"}


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel or of an annotation."""

    board: str
    title: str
    expression: str
    instant: bool = False
    may_be_empty: bool = False  # the panel has words for that

    def __str__(self) -> str:
        return f"{self.board}: {self.title}: {self.expression}"

    @property
    def asked(self) -> str:
        """Return the expression with the variables' values in it."""
        return re.sub(r"\$\w+", lambda found: VARIABLES[found[0]], self.expression)


def boards() -> dict[str, dict[str, Any]]:
    """Return each dashboard by its file's name."""
    return {each.stem: json.loads(each.read_text("utf-8")) for each in sorted((FOLDER / "dashboards").glob("*.json"))}


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the panels that show something."""
    return [each for each in board["panels"] if each["type"] != "row"]


def queries() -> Iterator[Query]:
    """Give every query of every panel."""
    for name, board in boards().items():
        for panel in panels(board):
            empty = "noValue" in panel["fieldConfig"]["defaults"]
            for each in panel["targets"]:
                yield Query(name, panel["title"], each["expr"], each.get("instant", False), empty)


def annotations() -> Iterator[Query]:
    """Give every query behind an annotation."""
    for name, board in boards().items():
        for each in board["annotations"]["list"]:
            if "expr" in each:
                yield Query(name, each["name"], each["expr"])
