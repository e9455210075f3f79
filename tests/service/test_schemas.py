"""The schema refuses exactly what the table could not hold."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from pydantic import ValidationError

from taskmanager.models import Task
from taskmanager.schemas import TaskIn, TaskOut
from tests.service.harness import WHITE_SPACE

STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TASKS: st.SearchStrategy[dict[str, object]] = st.builds(
    dict,
    title=st.text(STORABLE, min_size=1, max_size=200).filter(lambda title: title.strip(WHITE_SPACE)),
    description=st.text(STORABLE, max_size=2000),
    done=st.booleans(),
    priority=st.sampled_from(["low", "normal", "high"]),
    due_date=st.none() | st.dates(),
)


@given(values=TASKS)
def test_a_good_task_passes_and_survives_json(values: dict[str, object]) -> None:
    task = TaskIn.model_validate(values)
    assert TaskIn.model_validate_json(task.model_dump_json()) == task
    assert task.title == task.title.strip(WHITE_SPACE) != ""


@given(title=st.text(max_size=300))
def test_a_title_is_refused_exactly_when_the_table_could_not_hold_it(title: str) -> None:
    kept = title.strip(WHITE_SPACE)
    good = 1 <= len(kept) <= 200 and "\0" not in kept
    if good:
        assert TaskIn(title=title).title == kept
    else:
        with pytest.raises(ValidationError, match="title"):
            TaskIn(title=title)


def test_in_and_out_have_the_fields_of_the_table() -> None:
    columns = set(Task.__table__.columns.keys())
    assert set(TaskOut.model_fields) == columns
    assert set(TaskIn.model_fields) == columns - {"id", "created_at"}
