"""The format of the steps under ``before:`` and ``during:``: one key names the step, its value the options."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from incidentlab.catalogue._scalars import Duration, Identifier, Line, RelativePath, Strict

_Login = Literal["app", "owner"]
_Relation = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$")]
_Mode = Literal[
    "access share",
    "row share",
    "row exclusive",
    "share update exclusive",
    "share",
    "share row exclusive",
    "exclusive",
    "access exclusive",
]
_Right = Literal[
    "select", "insert", "update", "delete", "truncate", "references", "trigger", "usage", "create", "connect",
    "temporary", "execute", "all",
]  # fmt: skip
_On = Annotated[
    str,
    Field(
        pattern=r"^((table|schema|sequence|database) [a-z_][a-z0-9_.]{0,126}"
        r"|all (tables|sequences) in schema [a-z_][a-z0-9_]{0,62})$"
    ),
]


class SqlFormat(Strict):
    """Run SQL: ``text``, or a ``file`` of the scenario's folder."""

    text: Annotated[str, Field(min_length=1, max_length=20_000)] | None = None
    file: RelativePath | None = None
    login: _Login = Field(default="owner", alias="as", description="Which role runs it.")
    database: Identifier | None = Field(default=None, description="Another database of the same server.")
    autocommit: bool = Field(default=False, description="Each statement by itself instead of one transaction.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_of_both(self) -> "SqlFormat":
        if (self.text is None) == (self.file is None):
            raise ValueError("has either text or a file")
        return self


class UpgradeFormat(Strict):
    """Run ``alembic upgrade`` in the app's image; ``files`` is a folder laid over the image's working directory."""

    to: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+][A-Za-z0-9_@+-]{0,63}$")]
    files: RelativePath | None = None
    login: _Login = Field(default="owner", alias="as")
    beside: bool = Field(
        default=False,
        description="What follows does not wait for its end; only a healthy variant is looked at when it has ended.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"to": value} if isinstance(value, str) else value


class RunJobFormat(Strict):
    """Run a command in the app's image, as a one-shot service which has to succeed before the app starts."""

    command: Annotated[list[Line], Field(min_length=1, max_length=50)]
    login: _Login = Field(default="app", alias="as")


class HoldLockFormat(Strict):
    """Lock a table in a session that stays idle in its transaction."""

    table: _Relation
    mode: _Mode = "access share"
    seconds: Duration | None = Field(default=None, alias="for", description="Until the run ends, where it is absent.")
    after: Duration | None = None
    login: _Login = Field(default="owner", alias="as")
    name: Annotated[str, Field(pattern=r"^[\w .-]{1,60}$")] = Field(
        default="report", description="The session's application_name."
    )


class OccupyPortFormat(Strict):
    """Listen on the port that the app is going to ask for."""


class DelayDatabaseFormat(Strict):
    """The database answers only some time after the app has started."""

    seconds: Duration = Field(alias="for")


class StopDatabaseFormat(Strict):
    """The server is stopped as an administrator does it."""

    seconds: Duration | None = Field(default=None, alias="for", description="For good, where it is absent.")
    after: Duration | None = None


class ReplaceDatabaseFormat(Strict):
    """The server is made again from another image, on the same data directory."""

    image: Annotated[str, Field(pattern=r"^postgres:[1-9]\d(\.\d{1,3})?(-[a-z0-9.]{1,40})?$")]

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"image": value} if isinstance(value, str) else value


class LimitConnectionsFormat(Strict):
    """Hold sessions open until so many are left for an ordinary role."""

    left: Annotated[int, Field(ge=0, le=1000)] = 0
    seconds: Duration | None = Field(default=None, alias="for")
    after: Duration | None = None
    name: Annotated[str, Field(pattern=r"^[\w .-]{1,60}$")] = "worker"


class DropPrivilegesFormat(Strict):
    """Revoke rights on something from the app's role and from PUBLIC."""

    revoke: Annotated[list[_Right], Field(min_length=1)]
    on: _On


class FillVolumeFormat(Strict):
    """Move the app's tables to the small volume (``database: {volume: …}``) and fill that to the brim."""


class StepFormat(Strict):
    """One step: exactly one of these keys."""

    sql: SqlFormat | None = None
    upgrade: UpgradeFormat | None = None
    run_job: RunJobFormat | None = None
    hold_lock: HoldLockFormat | None = None
    occupy_port: OccupyPortFormat | None = None
    delay_database: DelayDatabaseFormat | None = None
    stop_database: StopDatabaseFormat | None = None
    replace_database: ReplaceDatabaseFormat | None = None
    limit_connections: LimitConnectionsFormat | None = None
    drop_privileges: DropPrivilegesFormat | None = None
    fill_volume: FillVolumeFormat | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        """A step without options may be written as its bare name."""
        return {value: {}} if isinstance(value, str) and value in cls.model_fields else value

    @model_validator(mode="after")
    def _one(self) -> "StepFormat":
        if len(self.model_fields_set) != 1 or self.given()[1] is None:
            raise ValueError(f"names exactly one step: {', '.join(type(self).model_fields)}")
        return self

    def given(self) -> tuple[str, Strict]:
        """Return the step's name and its options."""
        name = next(iter(self.model_fields_set))
        return name, getattr(self, name)
