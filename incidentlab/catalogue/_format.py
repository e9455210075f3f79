"""The format of ``scenario.yaml``, as pydantic models: what is allowed is what stands here, nothing else."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

SCENARIO_SCHEMA = "incidentlab/scenario/1"

_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s?(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
METHODS = ("get", "post", "put", "patch", "delete")


def _duration(value: object) -> object:
    """``500ms``, ``30s`` or ``2m`` as seconds; a bare number is refused, because nobody can tell its unit."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("has to be a time with its unit, such as 500ms, 30s or 2m")
    return float(found[1]) * _SECONDS[found[2]]


Duration = Annotated[
    float,
    BeforeValidator(_duration, json_schema_input_type=str),
    Field(gt=0, le=3600, description="A time with its unit: 500ms, 30s, 2m."),
]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Line = Annotated[str, Field(min_length=1, max_length=300)]
RelativePath = Annotated[str, Field(min_length=1, max_length=300)]


class _Strict(BaseModel):
    """Unknown keys are refused: a misspelt key that is silently dropped would prove nothing."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LogFormat(_Strict):
    """A line that has to appear in a log."""

    source: Literal["app", "database"]
    contains: Line


class AnswerFormat(_Strict):
    """A request, written as ``get: /path``, and the status that it has to be answered with.

    ``{created}`` stands for the Location of the last answer 201.
    """

    get: Line | None = None
    post: Line | None = None
    put: Line | None = None
    patch: Line | None = None
    delete: Line | None = None
    json_: Any = Field(default=None, alias="json")
    status: Annotated[int, Field(ge=100, le=599)]

    @model_validator(mode="after")
    def _one_method(self) -> "AnswerFormat":
        if len(self.named()) != 1:
            raise ValueError(f"names exactly one of {', '.join(METHODS)}")
        return self

    def named(self) -> list[tuple[str, str]]:
        """Return the (method, path) pairs that are given; a valid entry has one."""
        pairs = [(method, getattr(self, method)) for method in METHODS]
        return [(method.upper(), path) for method, path in pairs if path is not None]


class ExpectedDatabaseFormat(_Strict):
    """What the database has to look like afterwards."""

    revision: Line | None = None
    missing_tables: list[Line] = []
    tables: list[Line] = []


class ExpectFormat(_Strict):
    """What must be observed for the run to count."""

    outcome: Literal["crash", "healthy", "unhealthy"]
    within: Duration = 30.0
    sustained: Duration | None = None
    logs: list[LogFormat] = []
    http: list[AnswerFormat] = []
    database: ExpectedDatabaseFormat | None = None


class VariantFormat(_Strict):
    """One way to run the scenario."""

    dockerfile: RelativePath
    expect: ExpectFormat
    summary: Line | None = None
    env: dict[str, str] = {}


class DatabaseFormat(_Strict):
    """The PostgreSQL server."""

    image: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._/:@-]*$", max_length=200)] = "postgres:15"
    user: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")] = "taskmanager"
    name: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")] = "taskmanager"
    settings: dict[str, str] = {}


class ScenarioFormat(_Strict):
    """One incident that can be reproduced."""

    schema_: Literal["incidentlab/scenario/1"] = Field(default="incidentlab/scenario/1", alias="schema")
    id: Name
    title: Line
    summary: Line
    cause: Name
    context: list[RelativePath] = []
    variants: Annotated[dict[Name, VariantFormat], Field(min_length=1)]
    database: DatabaseFormat = DatabaseFormat()
    engines: Annotated[list[Literal["docker", "local"]], Field(min_length=1)] = ["docker", "local"]
