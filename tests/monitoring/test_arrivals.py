"""An alert arrives once, is over once, and may come back; what the webhook is sent is taken, and nothing else."""

import json
import urllib.error
import urllib.request
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from incidentlab.model.events import Event, Happened
from incidentlab.monitoring.arrivals import Arrivals, Told
from incidentlab.monitoring.receiver import receiving

ONE, TWO = Told("1", "Down", summary="it is down"), Told("2", "Slow")


def heard() -> tuple[Arrivals, list[Event]]:
    events: list[Event] = []
    return Arrivals(events.append), events


def test_told_twice_is_one_arrival() -> None:
    arrivals, events = heard()
    arrivals.fires(ONE)
    arrivals.fires(ONE)
    assert [each.told for each in arrivals.all()] == [ONE]
    [event] = events
    assert isinstance(event, Happened)
    assert (event.what, event.kind) == ("Alert Down arrived: it is down", "bad")


def test_it_ends_once_and_may_come_back() -> None:
    arrivals, events = heard()
    arrivals.fires(ONE)
    arrivals.ends("1")
    arrivals.ends("1")
    arrivals.fires(ONE)
    first, second = arrivals.all()
    assert first.resolved_at is not None
    assert second.resolved_at is None
    assert len(events) == 3


def test_what_is_not_in_the_list_any_more_is_over() -> None:
    arrivals, _ = heard()
    arrivals.are([ONE, TWO])
    arrivals.are([TWO])
    assert [each.resolved_at is None for each in arrivals.all()] == [False, True]


def test_what_alertmanager_keeps_back_has_not_arrived_and_what_had_arrived_goes_on() -> None:
    arrivals, _ = heard()
    arrivals.are([ONE, replace(TWO, kept_back=True)])
    assert [each.told for each in arrivals.all()] == [ONE]
    arrivals.are([replace(ONE, kept_back=True), TWO])
    assert [(each.told, each.resolved_at) for each in arrivals.all()] == [(ONE, None), (TWO, None)]


def test_waiting_ends_as_soon_as_it_is_enough() -> None:
    arrivals, _ = heard()
    Thread(target=arrivals.fires, args=(ONE,)).start()
    assert arrivals.wait(lambda seen: len(seen) == 1, 10)
    assert not arrivals.wait(lambda seen: len(seen) == 2, 0.01)


def post(url: str, body: bytes) -> int:
    try:
        status: int = urllib.request.urlopen(urllib.request.Request(url, body, method="POST"), timeout=5).status
    except urllib.error.HTTPError as error:
        with error:
            status = error.code
    return status


def notification(status: str) -> dict[str, Any]:
    alert = {
        "status": status,
        "fingerprint": "1",
        "labels": {"alertname": "Down", "severity": "critical", "instance": "app:8000"},
        "annotations": {"summary": "it is down", "cause": "migrations-not-applied"},
    }
    return {"version": "4", "status": status, "alerts": [alert]}


def test_the_webhook_takes_what_alertmanager_sends() -> None:
    arrivals, _ = heard()
    with receiving(arrivals) as url:
        assert post(url, json.dumps(notification("firing")).encode()) == 200
        [one] = arrivals.all()
        assert one.told == Told("1", "Down", "critical", "migrations-not-applied", "it is down", "app:8000")
        assert post(url, json.dumps(notification("resolved")).encode()) == 200
        assert arrivals.all()[0].resolved_at is not None
    with pytest.raises(OSError, match="refused"):
        post(url, b"{}")


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"{}", b'{"alerts": [{}]}', b'{"alerts": 3}'])
def test_the_webhook_refuses_everything_else(body: bytes) -> None:
    arrivals, _ = heard()
    with receiving(arrivals) as url:
        assert post(url, body) == 400
    assert arrivals.all() == ()
