"""What a learner is told first is what was seen, also where there is no log."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from incidentlab.console.challenge_view import begun
from incidentlab.model.challenge import Challenge
from incidentlab.model.run import Moment
from incidentlab.model.scenario import Outcome
from tests.lab.test_archive import RUN

AT = datetime(2026, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("crash", 'BROKEN  The app did not start: "./entrypoint.sh": no such file or directory.'),
        ("timeout", "BROKEN  It lives and answers nothing."),
    ],
)
def test_an_end_is_told_with_its_reason(outcome: Outcome, said: str) -> None:
    moments = (
        Moment(AT, 0.0, "prepare", "Another program listens on the app's port", "bad"),
        Moment(AT, 0.1, "observe", 'The app did not start: "./entrypoint.sh": no such file or directory', "bad"),
    )
    challenge = Challenge("challenge-7f3a", "broken-entrypoint", Path("/here"), "local", AT)
    console = Console(width=100)
    with console.capture() as captured:
        console.print(begun(challenge, replace(RUN, outcome=outcome, timeline=moments, symptoms=()), "here", console))
    assert said in captured.get()
