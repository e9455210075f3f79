"""A workload, requests and a second look decide what has become of an app that answered at first."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event as Flag
from threading import Timer

import pytest

from incidentlab.lab import staging, workload
from incidentlab.lab.happening import Happening
from incidentlab.lab.observe import Observation, again, watch
from incidentlab.lab.probes import Prober
from incidentlab.lab.recorder import Recorder
from incidentlab.model.scenario import Expectation, ExpectedAnswer, ExpectedWorkload, Outcome
from incidentlab.model.step import Request, Workload
from incidentlab.testing import FakeStack, container

Answers = Callable[[str, str], tuple[int, dict[str, str]]]
Serve = Callable[[Answers], AbstractContextManager[str]]
LOAD = Workload((Request("GET", "/tasks"), Request("POST", "/tasks", {"title": "x"})), rate=200, seconds=0.2)


def failing_writes(method: str, _path: str) -> tuple[int, dict[str, str]]:
    return (503 if method == "POST" else 200), {}


def well(_method: str, _path: str) -> tuple[int, dict[str, str]]:
    return 200, {}


def ill(_method: str, _path: str) -> tuple[int, dict[str, str]]:
    return 503, {}


@contextmanager
def prober(url: str) -> Iterator[Prober]:
    made = Prober(url, Recorder(lambda _: None))
    yield made
    made.close()


def become(
    url: str, expect: Expectation, *, seen: Outcome = "healthy", load: Workload | None = None, dead: bool = False
) -> tuple[str, list[bool], int]:
    recorder = Recorder(lambda _: None)
    app = container(exit_code=137) if dead else container()
    stack = FakeStack(app, app_url=url, app_urls=(url,), started=True)
    with staging.staged(stack, recorder) as scene, prober(url) as asking:
        happening = Happening(load, (), expect, stack, asking, recorder, scene)
        observation = Observation(seen, 1.0)
        if not happening.is_worth_it(observation):
            return "nothing happened", [], 0
        after, proofs = happening.carry_out(observation)
    return after.outcome, [each.met for each in proofs], len(recorder.samples)


def test_failing_requests_of_a_healthy_app_make_it_degraded(serve: Serve) -> None:
    expect = Expectation("degraded", workload=ExpectedWorkload(least_failed=5))
    with serve(failing_writes) as url:
        outcome, met, samples = become(url, expect, load=LOAD)
    assert (outcome, met) == ("degraded", [True])
    assert samples >= 40


def test_a_workload_without_failures_leaves_it_healthy(serve: Serve) -> None:
    with serve(well) as url:
        assert become(url, Expectation("healthy", workload=ExpectedWorkload(0)), load=LOAD)[:2] == ("healthy", [True])


def test_failures_that_were_expected_and_did_not_come_are_not_met(serve: Serve) -> None:
    with serve(well) as url:
        outcome, met, _ = become(url, Expectation("degraded", workload=ExpectedWorkload(least_failed=1)), load=LOAD)
    assert (outcome, met) == ("healthy", [False])


def test_named_requests_alone_can_show_it_degraded(serve: Serve) -> None:
    expect = Expectation("degraded", http=(ExpectedAnswer("GET", "/", 200), ExpectedAnswer("POST", "/", 503)))
    with serve(failing_writes) as url:
        assert become(url, expect)[:2] == ("degraded", [True, True])


def test_a_healthy_app_that_was_to_be_so_and_fails_requests_is_degraded(serve: Serve) -> None:
    with serve(failing_writes) as url:
        assert become(url, Expectation("healthy", http=(ExpectedAnswer("POST", "/", 201),)))[:2] == (
            "degraded",
            [False],
        )


def test_an_unhealthy_app_is_asked_what_it_still_answers(serve: Serve) -> None:
    with serve(ill) as url:
        expect = Expectation("unhealthy", http=(ExpectedAnswer("GET", "/tasks", 503),))
        assert become(url, expect, seen="unhealthy")[:2] == ("unhealthy", [True])


def test_no_answer_can_be_expected() -> None:
    expect = Expectation("crash", http=(ExpectedAnswer("GET", "/", None),))
    assert become("http://127.0.0.1:9", expect, seen="crash")[:2] == ("crash", [True])


def test_an_app_that_dies_under_the_workload_has_crashed(serve: Serve) -> None:
    with serve(well) as url:
        outcome, _, samples = become(url, Expectation("crash"), load=LOAD, dead=True)
    assert (outcome, samples) == ("crash", 0)


def test_what_is_not_what_was_expected_is_left_alone(serve: Serve) -> None:
    with serve(well) as url:
        expect = Expectation("crash", http=(ExpectedAnswer("GET", "/", 200),))
        assert become(url, expect)[0] == "nothing happened"


def test_the_workload_keeps_its_pace_and_asks_all_replicas(serve: Serve) -> None:
    asked: list[str] = []

    def noted(method: str, path: str) -> tuple[int, dict[str, str]]:
        asked.append(path)
        return well(method, path)

    recorder = Recorder(lambda _: None)
    with serve(noted) as one, serve(well) as two:
        stack = FakeStack(app_urls=(one, two), started=True)
        with staging.staged(stack, recorder) as scene:
            load = workload.carry_out(LOAD, stack, recorder, scene)
    assert (load.sent, load.failed) == (40, 0)
    assert 0 < len(asked) < 40


def test_bad_answers_on_end_are_enough_where_they_are_expected(serve: Serve) -> None:
    with serve(ill) as url, prober(url) as asking:
        seen = watch(FakeStack(started=True), asking, 3600, lambda _: None, steady=0.2)
    assert (seen.outcome, seen.seconds < 60) == ("unhealthy", True)


def test_one_replica_that_is_not_well_keeps_the_app_from_being_healthy(serve: Serve) -> None:
    with serve(well) as url, serve(ill) as other, prober(url) as asking, prober(other) as second:
        seen = watch(FakeStack(started=True), asking, 0.3, lambda _: None, others=(second,))
    assert seen.outcome == "unhealthy"


def test_a_second_look_sees_what_it_is_now(serve: Serve) -> None:
    before = Observation("healthy", 1.0)
    with serve(ill) as url, prober(url) as asking:
        assert again(FakeStack(started=True), asking, before, lambda _: None).outcome == "unhealthy"
    with prober("http://127.0.0.1:9") as asking:
        assert again(FakeStack(started=True), asking, before, lambda _: None).outcome == "unhealthy"


@pytest.mark.parametrize(("expected", "still_at_work"), [("healthy", False), ("degraded", True)])
def test_only_a_healthy_app_is_looked_at_when_its_jobs_have_come_to_their_end(
    serve: Serve, expected: Outcome, still_at_work: bool
) -> None:
    recorder, go_on = Recorder(lambda _: None), Flag()
    with serve(well) as url, prober(url) as asking:
        stack = FakeStack(app_urls=(url,), started=True)
        with staging.staged(stack, recorder) as scene:
            scene.beside("job", lambda: go_on.wait(20))
            if expected == "healthy":
                Timer(0.3, go_on.set).start()
            happening = Happening(LOAD, (), Expectation(expected), stack, asking, recorder, scene)
            happening.carry_out(Observation("healthy", 1.0))
            assert scene.at_work is still_at_work
            go_on.set()


def test_an_app_that_dies_is_not_kept_waiting_for_by_its_jobs(serve: Serve) -> None:
    recorder = Recorder(lambda _: None)
    with serve(well) as url, prober(url) as asking:
        stack = FakeStack(container(exit_code=1), app_urls=(url,), started=True)
        with staging.staged(stack, recorder) as scene:
            scene.beside("job", lambda: scene.pause(3600))
            happening = Happening(LOAD, (), Expectation("healthy"), stack, asking, recorder, scene)
            assert happening.carry_out(Observation("healthy", 1.0))[0].outcome == "crash"
