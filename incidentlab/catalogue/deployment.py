"""``deployment.yaml`` of a challenge: what a learner may say beside the image; written for them, and read back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from incidentlab.catalogue._document import Document, read
from incidentlab.catalogue._load import tell_all, text_of
from incidentlab.catalogue._problems import Problems
from incidentlab.catalogue._scalars import Strict
from incidentlab.catalogue._step_format import RunJobFormat, SqlFormat
from incidentlab.catalogue._steps import steps
from incidentlab.model.challenge import Deployment
from incidentlab.model.scenario import DatabaseSpec
from incidentlab.model.step import RunJob, Sql

FILE_NAME = "deployment.yaml"
_MEND = "Correct the lines above, then try again: incidentlab check-fix"

_TEXT = """\
# How the image is deployed. All of this is yours to change, and so is everything in image/.

# The app's environment. {{user}}, {{password}}, {{host}}, {{port}} and {{name}} stand for the parts of the database's
# true address. Where DATABASE_URL is not named, it is postgresql://{{user}}:{{password}}@{{host}}:{{port}}/{{name}}.
# null takes a variable away.
env:{env}

# Steps of your own. Each is one of:
#   - sql: SELECT 1                                 as the database's owner; or {{text: …, as: app, autocommit: true}}
#   - run_job: {{command: [alembic, current]}}        in the image, to its end; it has to succeed
# What you would have had set up before all this happened:
earlier:{earlier}
# What you do right before the app starts:
before:{before}
"""


class _StepFormat(Strict):
    """One step: exactly one of these keys."""

    sql: SqlFormat | None = None
    run_job: RunJobFormat | None = None

    @model_validator(mode="after")
    def _one(self) -> "_StepFormat":
        if len(self.model_fields_set) != 1 or self.given()[1] is None:
            raise ValueError("names exactly one step: sql or run_job")
        return self

    def given(self) -> tuple[str, Strict]:
        """Return the step's name and its options."""
        name = next(iter(self.model_fields_set))
        return name, getattr(self, name)


_Steps = Annotated[list[_StepFormat] | None, Field(max_length=20)]


class _Format(Strict):
    env: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], str | None] | None = None
    earlier: _Steps = None
    before: _Steps = None


def load(folder: Path, database: DatabaseSpec) -> Deployment:
    """Read ``deployment.yaml``; a folder without one deploys the image as it is.

    Raises:
        ScenarioError: with every problem found, each with line and column.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return Deployment()
    document = read(text_of(path), FILE_NAME)
    problems = Problems(document, mend=_MEND)
    parsed = _parsed(document, problems)
    result = Deployment(
        parsed.env or {},
        _only(steps(parsed.earlier or [], ("earlier",), folder, problems)),
        _only(steps(parsed.before or [], ("before",), folder, problems)),
    )
    for key, given in (("earlier", result.earlier), ("before", result.before)):
        for index, step in enumerate(given):
            if isinstance(step, Sql) and database.rights == "superuser":
                # As in every scenario: a superuser of PostgreSQL can start programs where the server runs.
                problems.add((key, index, "sql"), "the app's role is a superuser here, and SQL is never run as one")
    problems.raise_if_any()
    return result


def _parsed(document: Document, problems: Problems) -> _Format:
    try:
        return _Format.model_validate(document.value or {}, by_alias=True)
    except ValidationError as error:
        tell_all(error, document, problems)
        problems.raise_if_any()
        raise  # not reached: a ValidationError has at least one detail


def _only(given: Sequence[object]) -> tuple[Sql | RunJob, ...]:
    return tuple(each for each in given if isinstance(each, Sql | RunJob))


def render(deployment: Deployment) -> str:
    """Return the file's text, with what can be said explained where it is said."""
    import yaml

    def block(value: dict[str, Any] | list[Any], empty: str) -> str:
        if not value:
            return f" {empty}"
        text: str = yaml.safe_dump(value, sort_keys=False, default_flow_style=False, width=1000, allow_unicode=True)
        return "\n" + "\n".join(f"  {line}" for line in text.rstrip().splitlines())

    return _TEXT.format(
        env=block(dict(deployment.env), "{}"),
        earlier=block([_written(each) for each in deployment.earlier], "[]"),
        before=block([_written(each) for each in deployment.before], "[]"),
    )


def _written(step: Sql | RunJob) -> dict[str, Any]:
    if isinstance(step, RunJob):
        login = {} if step.login == "app" else {"as": step.login}
        return {"run_job": {"command": list(step.command), **login}}
    more: dict[str, Any] = {} if step.login == "owner" else {"as": step.login}
    more |= {"database": step.database} if step.database else {}
    more |= {"autocommit": True} if step.autocommit else {}
    return {"sql": {"text": step.text, **more} if more else step.text}
