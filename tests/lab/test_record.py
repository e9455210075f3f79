"""What is told of a run in a few lines: what the app says of its trouble, before the requests that failed of it."""

import pytest

from incidentlab.lab.record import symptoms
from incidentlab.testing import app_log, evidence

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
