"""The format of ``scenario.yaml``, as pydantic models: what is allowed is what stands here, nothing else."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from incidentlab.catalogue._scalars import Duration, Identifier, Line, Memory, Name, RelativePath, Strict, Volume
from incidentlab.catalogue._step_format import StepFormat

SCENARIO_SCHEMA = "incidentlab/scenario/1"
METHODS = ("get", "post", "put", "patch", "delete")

_Steps = Annotated[list[StepFormat], Field(max_length=50)]
_Replicas = Annotated[int, Field(ge=1, le=10)]
_Query = Annotated[str, Field(min_length=1, max_length=2000)]
_Count = Annotated[int, Field(ge=0)]
_Difference = Annotated[
    str,
    Field(pattern=r"^(Dockerfile [A-Z]+|file \S+|env \w+|(before|during) [a-z_]+|replicas|limits)$", max_length=300),
]


def _status(value: object) -> object:
    if value == "none":
        return None
    if not isinstance(value, int) or not 100 <= value <= 599:
        raise ValueError("has to be a status from 100 to 599, or none for no answer at all")
    return value


_Status = Annotated[
    int | None,
    BeforeValidator(_status, json_schema_input_type=int | Literal["none"]),
    Field(description="A status from 100 to 599, or `none` for no answer at all."),
]


class LogFormat(Strict):
    """A line that has to appear in a log; of any replica of the app, where none is named."""

    source: Literal["app", "database"]
    contains: Line
    replica: Annotated[int, Field(ge=1, le=10)] | None = None


class RequestFormat(Strict):
    """A request, written as ``get: /path``."""

    get: Line | None = None
    post: Line | None = None
    put: Line | None = None
    patch: Line | None = None
    delete: Line | None = None
    json_: Any = Field(default=None, alias="json")

    @model_validator(mode="after")
    def _one_method(self) -> "RequestFormat":
        if len(self.named()) != 1:
            raise ValueError(f"names exactly one of {', '.join(METHODS)}")
        return self

    def named(self) -> list[tuple[str, str]]:
        """Return the (method, path) pairs that are given; a valid entry has one."""
        pairs = [(method, getattr(self, method)) for method in METHODS]
        return [(method.upper(), path) for method, path in pairs if path is not None]


class AnswerFormat(RequestFormat):
    """A request and the status that it has to be answered with; ``none`` is no answer within ``timeout``.

    ``{created}`` stands for the Location of the last answer 201.
    """

    status: _Status
    contains: Line | None = Field(default=None, description="What the answer's beginning, 64 kB of it, has to hold.")
    timeout: Duration = 5.0


class ExpectedDatabaseFormat(Strict):
    """What the database has to look like afterwards."""

    revision: Line | None = None
    missing_tables: list[Line] = Field(default=[])
    tables: list[Line] = Field(default=[])


class ExpectedRowsFormat(Strict):
    """A query that gives one number, and what it has to be; ``count`` or ``at_least``."""

    sql: _Query
    count: _Count | None = None
    at_least: _Count | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ExpectedRowsFormat":
        if (self.count is None) == (self.at_least is None):
            raise ValueError("has either count or at_least")
        return self


class ExpectedWorkloadFormat(Strict):
    """How many requests of the workload fail: get no answer, or a status from 500 on."""

    failed: Literal["none"] | None = None
    at_least: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ExpectedWorkloadFormat":
        if (self.failed is None) == (self.at_least is None):
            raise ValueError("has either `failed: none` or `at_least`, a number of failed requests")
        return self


class ExpectFormat(Strict):
    """What must be observed for the run to count."""

    outcome: Literal["crash", "healthy", "unhealthy", "degraded", "timeout"]
    within: Duration = 30.0
    sustained: Duration | None = None
    logs: list[LogFormat] = Field(default=[])
    http: list[AnswerFormat] = Field(default=[])
    database: ExpectedDatabaseFormat | None = None
    rows: list[ExpectedRowsFormat] = Field(default=[])
    workload: ExpectedWorkloadFormat | None = None


class AlertFormat(Strict):
    """An alert of the service's rules that has to arrive when the variant is observed."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]
    within: Duration = Field(default=30.0, description="From the fault's beginning: the app's start, or `during`.")


class LimitsFormat(Strict):
    """What each replica of the app may use."""

    memory: Memory


class WorkloadFormat(Strict):
    """Requests sent by turns, from the app's first answer on."""

    requests: Annotated[list[RequestFormat], Field(min_length=1, max_length=20)]
    rate: Annotated[float, Field(gt=0, le=500, description="Requests per second, by all workers together.")] = 20.0
    seconds: Duration = Field(default=5.0, alias="for")
    workers: Annotated[int, Field(ge=1, le=100, description="How many may wait for an answer at once.")] = 4
    timeout: Duration = 5.0


class VariantFormat(Strict):
    """One way to run the scenario."""

    dockerfile: RelativePath
    expect: ExpectFormat
    summary: Line | None = None
    env: dict[str, str | None] = Field(default={})
    before: _Steps = Field(default=[])
    during: _Steps = Field(default=[])
    replicas: _Replicas | None = None
    limits: LimitsFormat | None = None
    remedy: list[_Difference] = Field(default=[], description="All in which it differs from `broken`, and no more.")
    alerts: Annotated[list[AlertFormat], Field(max_length=10)] = Field(
        default=[], description="What has to arrive under `run --observe`; on a healthy variant nothing may."
    )


class DatabaseFormat(Strict):
    """The PostgreSQL server."""

    image: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._/:@-]*$", max_length=200)] = "postgres:15"
    user: Identifier = "taskmanager"
    name: Identifier = "taskmanager"
    settings: dict[str, str] = Field(default={})
    rights: Literal["superuser", "owner", "none"] = Field(
        default="superuser",
        description="What the app's role may do: everything, everything in its own database, or what it is granted.",
    )
    volume: Volume | None = Field(default=None, description="The size of a small volume that `fill_volume` fills.")


class EnginesFormat(Strict):
    """For each engine ``true``, or why it cannot do this truthfully."""

    docker: Literal[True] | Line
    local: Literal[True] | Line


def _shape(value: Any) -> str:
    return "reasons" if isinstance(value, dict | EnginesFormat) else "names"


_Names = Annotated[list[Literal["docker", "local"]], Field(min_length=1)]
_BOTH: list[Literal["docker", "local"]] = ["docker", "local"]
_Engines = Annotated[Annotated[_Names, Tag("names")] | Annotated[EnginesFormat, Tag("reasons")], Discriminator(_shape)]


class ScenarioFormat(Strict):
    """One incident that can be reproduced."""

    schema_: Literal["incidentlab/scenario/1"] = Field(default="incidentlab/scenario/1", alias="schema")
    id: Name
    title: Line
    summary: Line
    cause: Name
    context: list[RelativePath] = Field(default=[])
    variants: Annotated[dict[Name, VariantFormat], Field(min_length=1)]
    database: DatabaseFormat = DatabaseFormat()
    engines: _Engines = Field(default=_BOTH)
    before: _Steps = Field(default=[])
    during: _Steps = Field(default=[])
    replicas: _Replicas = 1
    limits: LimitsFormat | None = None
    workload: WorkloadFormat | None = None
