"""What comes in and goes out over HTTP; nothing reaches the database that has not passed here."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from taskmanager.models import DESCRIPTION_LENGTH, TITLE_LENGTH

LARGEST_ID = 2**63 - 1
"""The end of PostgreSQL's `bigint`; beyond it the database would answer with an error."""

Priority = Literal["low", "normal", "high"]


def _without_nul(text: str) -> str:
    # PostgreSQL cannot store this one character, and would say so with an error of its own.
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    return text


class TaskIn(BaseModel):
    """A task as a client writes it, to create one or to replace one whole."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_LENGTH),
        AfterValidator(_without_nul),
    ]
    description: Annotated[str, Field(max_length=DESCRIPTION_LENGTH), AfterValidator(_without_nul)] = ""
    done: StrictBool = False
    priority: Priority = "normal"
    due_date: date | None = None


class TaskOut(BaseModel):
    """A task as it is stored."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    description: str
    done: bool
    priority: Priority
    due_date: date | None
    created_at: datetime
