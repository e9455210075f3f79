"""What is told of a run in a few lines: what the app says of its trouble, before the requests that failed of it."""

import pytest

from incidentlab.lab.record import symptoms
from incidentlab.testing import app_log, container, evidence

TOLD = (
    "Traceback (most recent call last):\n"
    '  File "/app/main.py", line 3, in read\n'
    "    run()\n"
    "psycopg.errors.UndefinedColumn: column tasks.due_date does not exist\n"
)
ACCESS = 'INFO:     127.0.0.1:4711 - "GET /tasks HTTP/1.1" 503 Service Unavailable\n'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (TOLD + ACCESS * 3, "psycopg.errors.UndefinedColumn: column tasks.due_date does not exist"),
        (
            TOLD + '{"level": "error", "message": "request", "status": 503}\n' * 3,
            "psycopg.errors.UndefinedColumn: column",
        ),
        (ACCESS * 3, '"GET /tasks HTTP/1.1" 503 Service Unavailable'),
    ],
    ids=["access log", "fields", "nothing else"],
)
def test_the_app_s_word_is_shown_before_its_failed_requests(text: str, shown: str) -> None:
    lines = symptoms(evidence(app_log(text)))
    assert shown in lines[-1]
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("text", "exit_code", "shown"),
    [
        ("exec ./entrypoint.sh: no such file or directory", 1, True),
        ("exec ./entrypoint.sh: no such file or directory", None, False),  # it runs, so this was not its end
        ("one\ntwo\nthree\nfour", 1, False),
    ],
)
def test_few_words_before_an_end_are_what_there_is_to_say(text: str, exit_code: int | None, shown: bool) -> None:
    assert symptoms(evidence(app_log(text), container(exit_code=exit_code))) == ((text,) if shown else ())
