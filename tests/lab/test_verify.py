"""Proof by use: what is wrong is seen, what is lost is noticed, a dead app ends the window."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count

import pytest

from incidentlab.lab import verify
from incidentlab.lab.probes import Prober
from incidentlab.lab.recorder import Recorder
from incidentlab.model.scenario import Expectation, ExpectedAnswer
from incidentlab.testing import FakeStack, container

Answers = Callable[[str, str], tuple[int, dict[str, str]]]
Serve = Callable[[Answers], AbstractContextManager[str]]

EXPECTED = (
    ExpectedAnswer("GET", "/tasks", 200),
    ExpectedAnswer("POST", "/tasks", 201, {"title": "one"}),
    ExpectedAnswer("GET", "{created}", 200),
)
EXPECT = Expectation("healthy", sustained=0.2, http=EXPECTED)


@contextmanager
def prober(url: str) -> Iterator[Prober]:
    made = Prober(url, Recorder(lambda _: None))
    yield made
    made.close()


def shop(lose: bool = False, fail_after: int = 10**6) -> Answers:
    """Return an app that keeps what it is given, loses it, or fails from some request on."""
    numbers, asked, kept = count(1), count(1), set[str]()

    def answers(method: str, path: str) -> tuple[int, dict[str, str]]:
        if next(asked) > fail_after:
            return 500, {}
        if method == "POST":
            kept.add(made := f"/tasks/{next(numbers)}")
            return 201, {"location": made}
        if path in ("/tasks", "/health"):
            return 200, {}
        return (200 if path in kept and not lose else 404), {}

    return answers


def test_each_request_is_held_against_its_status(serve: Serve) -> None:
    with serve(shop()) as url, prober(url) as asking:
        checks = verify.answers((*EXPECTED, ExpectedAnswer("GET", "/nowhere", 200)), asking)
    assert [(each.check.name, each.check.met) for each in checks] == [
        ("GET /tasks", True),
        ("POST /tasks", True),
        ("GET /tasks/1", True),
        ("GET /nowhere", False),
    ]


def test_a_good_app_keeps_its_window_and_its_rows(serve: Serve) -> None:
    with serve(shop()) as url, prober(url) as asking:
        alive, kept = verify.sustained(EXPECT, FakeStack(), asking)
    assert (alive.met, kept.met) == (True, True)


def test_lost_rows_are_noticed(serve: Serve) -> None:
    with serve(shop(lose=True)) as url, prober(url) as asking:
        alive, kept = verify.sustained(EXPECT, FakeStack(), asking)
    assert (alive.met, kept.met) == (True, False)


def test_one_wrong_answer_in_the_window_counts(serve: Serve) -> None:
    with serve(shop(fail_after=3)) as url, prober(url) as asking:
        alive, _ = verify.sustained(EXPECT, FakeStack(), asking)
    assert not alive.met
    assert "→ 500" in alive.observed


def test_an_app_that_dies_ends_the_window_at_once(serve: Serve) -> None:
    with serve(shop()) as url, prober(url) as asking:
        alive, _ = verify.sustained(
            Expectation("healthy", sustained=3600, http=EXPECTED),
            FakeStack(container(exit_code=1), started=True),
            asking,
        )
    assert not alive.met
    assert "the app exited" in alive.observed


@pytest.mark.parametrize("location", ["/tasks/7", "{url}/tasks/7"])
def test_a_location_may_be_a_path_or_a_whole_address(serve: Serve, location: str) -> None:
    own = {"url": ""}

    def answers(method: str, path: str) -> tuple[int, dict[str, str]]:
        if method == "POST":
            return 201, {"Location": location.format(**own)}
        return (200 if path == "/tasks/7" else 404), {}

    with serve(answers) as url, prober(url) as asking:
        own["url"] = url
        checks = verify.answers(EXPECTED[1:], asking)
    assert [each.check.met for each in checks] == [True, True]


def test_an_answer_that_was_emptied_is_not_the_one_that_was_expected(serve: Serve) -> None:
    with serve(shop()) as url, prober(url) as asking:
        [asked] = verify.answers((ExpectedAnswer("GET", "/tasks", 200, contains="cake"),), asking)
    assert (asked.check.met, asked.check.expected) == (False, "200, with 'cake'")
    assert asked.check.observed == "200, without it"
