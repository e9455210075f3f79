"""The truth table fits a terminal of 80 columns, says what does not hold, and why something was not asked."""

from io import StringIO

from rich.console import Console

from incidentlab.console.standing_view import raised, status
from incidentlab.console.theme import THEME, Signs
from incidentlab.console.truth_view import line, view
from incidentlab.model.events import now
from incidentlab.model.standing import Condition, Place, Standing
from incidentlab.model.truth import Truth

BY = "Prometheus 2.53.4, Alertmanager 0.27.0"
LONG = "schema-created-outside-migrations"
TABLE = (
    Truth(LONG, "docker", "broken", "TaskManagerMigrationsPending", 15.0, 10.62, 3.9, True, "arrived", BY),
    Truth(LONG, "docker", "fixed-init-container", holds=True, observed="silent for 17.0 s", by=BY),
    Truth(
        "deadlock", "local", "broken", "TaskManagerServerErrors", 15.0, holds=False, observed="did not", by=BY, run="r1"
    ),
)


def shown(*parts: object, width: int = 80) -> list[str]:
    console = Console(file=StringIO(), width=width, theme=THEME, highlight=False, markup=False)
    for each in parts:
        console.print(each)
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_long_alert_stands_in_one_line_of_80_columns() -> None:
    lines = shown(view(TABLE, Signs("utf-8")))
    assert any("TaskManagerMigrationsPending" in line and "10.6 s" in line and "3.9 s" in line for line in lines)
    assert max(len(line) for line in lines) <= 80


def test_what_does_not_hold_is_told_with_its_record() -> None:
    text = "\n".join(shown(view(TABLE, Signs("ascii"), [("x", "local", "it names no alert")])))
    assert "x deadlock broken on local" in text
    assert "TaskManagerServerErrors: did not" in text
    assert "record: r1" in text
    assert "2 of 3 hold" in text
    assert "not asked: x on local: it names no alert" in text


def test_what_could_not_be_tried_is_no_silence_and_is_told_once() -> None:
    lost = [Truth("deadlock", "local", each, observed="no disk", error=True) for each in ("broken", "fixed")]
    text = "\n".join(shown(line(lost[0], Signs("ascii")), view((*lost, TABLE[2]), Signs("ascii"))))
    assert "silence" not in text
    assert "false alarms" not in text
    assert text.count("not tried: no disk") == 1
    assert "x deadlock broken, fixed on local" in text
    assert "TaskManagerServerErrors: did not" in text


STANDING = Standing(
    "20261126-201530-fixed-4f1a",
    "missing-migrations",
    "fixed",
    "docker",
    now(),
    (Place("app", "http://127.0.0.1:31000"), Place("database", "postgresql://t@127.0.0.1:5/t")),
    "healthy",
    True,
)


def test_a_lab_elsewhere_than_people_look_says_so_and_its_passwords_once() -> None:
    text = "\n".join(shown(raised(STANDING, "postgresql://t:secret@127.0.0.1:5/t", "hidden", 6.04)))
    assert "in 6.0 s" in text
    assert "postgresql://t:secret@127.0.0.1:5/t" in text
    assert "password hidden" in text
    assert "app is on 31000" in text


def test_a_part_that_is_not_well_is_marked() -> None:
    found = [Condition("app", "http://127.0.0.1:31000", False, "connection refused")]
    text = "\n".join(shown(status(STANDING, found, Signs("ascii"))))
    assert "x  app" in text
    assert "connection refused" in text
