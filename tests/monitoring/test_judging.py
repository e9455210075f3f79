"""Without Prometheus simple rules are judged from the app's own metrics, and the others are named."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from incidentlab.monitoring import config
from incidentlab.monitoring.judging import judging, simple
from incidentlab.testing import FakeStack


def a_rule(expression: str, lasting: str = "0s") -> config.Rule:
    return config.Rule("A", expression, lasting, {}, {"summary": "{{ $labels.instance }} is down"})


@contextmanager
def serving(text: list[str]) -> Iterator[str]:
    """Serve what the list holds now; nothing where it is empty."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if text else 503)
            self.end_headers()
            self.wfile.write("".join(text).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("expression", "value", "holds"),
    [
        ('up{job="taskmanager"} == 0', 0.0, True),
        ('up{job="taskmanager"} == 0', 1.0, False),
        ('up{job="other"} == 0', 0.0, False),
        ("up<1", 0.0, True),
        ("  up\n  >= 1.5 ", 1.5, True),
    ],
)
def test_a_comparison_of_one_metric(expression: str, value: float, holds: bool) -> None:
    found = simple(a_rule(expression))
    assert found is not None
    assert found.matches(("up", {"job": "taskmanager"}, value)) is holds


@pytest.mark.parametrize(
    "expression",
    ["rate(x[1m]) > 1", "absent(up)", 'up{job=~"a.*"} == 0', 'up{job!="a"} == 0', "up == 0 or up == 1", "x > y"],
)
def test_what_needs_prometheus_is_not_judged(expression: str) -> None:
    assert simple(a_rule(expression)) is None


def test_how_long_it_has_to_last() -> None:
    found = simple(a_rule("up == 0", "1m30s"))
    assert found is not None
    assert found.lasting == 90.0


def test_an_app_that_does_not_answer_is_down_and_is_up_again() -> None:
    text = ["pending 0.0\n"]
    rules = (a_rule("up == 0", "200ms"), config.Rule("Rate", "rate(x[1m]) > 1", "0s", {}, {}))
    with serving(text) as url:
        stack = FakeStack(app_url=url, app_urls=(url,))
        with judging(stack, rules, lambda _: None) as (arrivals, unjudged):
            assert unjudged == ("Rate",)
            assert not arrivals.wait(bool, 1.2)
            text.clear()
            assert arrivals.wait(bool, 5)
            [found] = arrivals.all()
            assert found.told.summary == f"{url.removeprefix('http://')} is down"
            text.append("pending 0.0\n")
            assert arrivals.wait(lambda seen: seen[0].resolved_at is not None, 5)


def test_a_metric_of_the_app() -> None:
    with serving(["taskmanager_migrations_pending 2.0\n"]) as url:
        stack = FakeStack(app_url=url, app_urls=(url,))
        with judging(stack, (a_rule("taskmanager_migrations_pending > 0"),), lambda _: None) as (arrivals, _):
            assert arrivals.wait(bool, 5)
