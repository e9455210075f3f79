"""A broker or a cache that was not there at first, and was reached by the same program later, is no open error."""

import pytest

from incidentlab.causes import diagnose
from incidentlab.testing import app_log, evidence

_REFUSED = "worker-1  | [ERROR/MainProcess] consumer: Cannot connect to redis://queue:6379/0: Error 111. Refused.."
_REACHED = "worker-1  | [INFO/MainProcess] Connected to redis://queue:6379/0"
_READY = "worker-1  | [INFO/MainProcess] celery@4b1c ready."


def _verdict(*lines: str) -> str:
    return diagnose(evidence(app_log("\n".join(lines)))).verdict


@pytest.mark.parametrize(
    ("refused", "reached"),
    [
        (_REFUSED, _REACHED),
        ("worker-1  | Error: connect ECONNREFUSED 10.0.0.2:6379 [ioredis]", "worker-1  | redis: connection ready"),
        (
            "worker-1  | ERROR pika: Connection to rabbit:5672 failed: [Errno 111] Connection refused",
            "worker-1  | INFO Successfully connected to rabbit:5672",
        ),
        ("worker-1  | ERROR kafka dial tcp: lookup kafka: no such host", "worker-1  | INFO kafka consumer reconnected"),
    ],
)
def test_who_was_not_reached_and_then_was_is_no_trouble_any_more(refused: str, reached: str) -> None:
    assert _verdict(refused, reached, _READY) == "healthy"
    assert _verdict(refused, _READY) == "inconclusive"


@pytest.mark.parametrize(
    "lines",
    [
        (_REFUSED, _REACHED.replace("queue:6379/0", "cache:6380/0").replace("redis", "valkey"), _READY),
        (_REFUSED, _REACHED.replace("worker-1", "beat-1  "), _READY),
        (_REACHED, _READY, _REFUSED),
        (_REFUSED, _REACHED, _REFUSED, _READY),
        (_REFUSED, _REACHED.replace("Connected", "Waiting until it is connected"), _READY),
    ],
)
def test_another_service_program_or_order_settles_nothing(lines: tuple[str, ...]) -> None:
    assert _verdict(*lines) == "inconclusive"
