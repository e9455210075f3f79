"""A probe's good answer ends no incident that keeps a service from its database; a request that uses it does."""

import pytest

from incidentlab.causes import diagnose
from incidentlab.collectors import log
from incidentlab.model.evidence import Evidence
from incidentlab.testing import app_log, evidence

_AT = 'psycopg2.OperationalError: connection to server at "db" (172.19.0.2), port 5432 failed: '
LASTING = {
    "bad-credentials": f'{_AT}FATAL:  password authentication failed for user "shop"',
    "database-missing": f'{_AT}FATAL:  database "shop" does not exist',
    "database-not-ready": f"{_AT}Connection refused",
    "host-not-found": 'psycopg2.OperationalError: could not translate host name "pg" to address: Name not known',
    "tls-mismatch": f'{_AT}FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "shop", database "shop", SSL off',
    "disk-full": 'psycopg2.errors.DiskFull: could not extend file "base/16384/24601": No space left on device',
    "insufficient-privilege": "PG::InsufficientPrivilege: ERROR:  permission denied for table carts",
    "connections-exhausted": "FATAL:  sorry, too many clients already",
    "missing-driver": "ModuleNotFoundError: No module named 'psycopg2'",
}
_CLF = "10.0.0.4 - - [01/Jan/2024:10:00:00 +0000] "
PROBES = [
    'INFO:     10.42.0.1:41000 - "GET /healthz HTTP/1.1" 200 OK',
    f'{_CLF}"GET / HTTP/1.1" 200 12 "-" "ELB-HealthChecker/2.0"',
    f'{_CLF}"GET /login HTTP/1.1" 200 12 "-" "kube-probe/1.28"',
    f'{_CLF}"GET /static/app.css?v=3 HTTP/1.1" 200 1200 "-" "Mozilla/5.0"',
    f'{_CLF}"GET /media/logo.png HTTP/1.1" 304 0 "-" "Mozilla/5.0"',
    f'{_CLF}"HEAD / HTTP/1.1" 200 0 "-" "Mozilla/5.0"',
    '127.0.0.1 - - [01/Jan/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/7.88.1"',
    "GET /misc/ping 200",
    "GET /status.php 200",
    "GET /-/ready 200",
    '{"reqId":"a","req":{"method":"GET","url":"/k8s/live"},"msg":"incoming request"}\n'
    '{"reqId":"a","res":{"statusCode":200},"msg":"request completed"}',
    '{"@m":"HTTP GET responded","RequestPath":"/health","StatusCode":200}',
    "GET /api/v1/status 200",
    "level=info method=GET path=/shop/health/live status=200 duration=1ms",
    '{"req":{"method":"GET","url":"/readyz"},"res":{"statusCode":200},"msg":"request completed"}',
    'I, [2024-08-30T07:00:12] INFO -- : Started GET "/up" for 10.0.0.2\nI, [2024-08-30T07:00:12] INFO -- : '
    "Completed 200 OK in 1ms",
    "Request finished HTTP/1.1 GET http://localhost:8080/healthz - 200 - text/plain 1.2ms",
    "[2024-07-11 09:12:46,001: INFO/ForkPoolWorker-1] Task ops.heartbeat[5f2d] succeeded in 0.1s: None",
]
AT_WORK = [
    'INFO:     10.42.0.1:41000 - "POST /carts HTTP/1.1" 201 Created',
    f'{_CLF}"GET /carts/17/status HTTP/1.1" 200 812 "-" "Mozilla/5.0"',
    f'{_CLF}"GET /carts HTTP/1.1" 200 812 "-" "curl/8.5.0"',
    "GET /index.php/apps/files 200",
    '{"reqId":"b","req":{"method":"GET","url":"/carts"},"msg":"incoming request"}\n'
    '{"reqId":"b","res":{"statusCode":200},"msg":"request completed"}',
    'I, [2024-08-30T07:00:12] INFO -- : Started GET "/carts" for 10.0.0.2\nI, [2024-08-30T07:00:12] INFO -- : '
    "Completed 200 OK in 14ms",
    "[2024-07-11 09:12:46,001: INFO/ForkPoolWorker-1] Task carts.sweep[5f2d] succeeded in 0.1s: None",
]


def _said(*lines: str) -> tuple[str, ...]:
    return tuple(one.cause for one in diagnose(evidence(app_log("\n".join(lines)))).findings)


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("cause", LASTING)
def test_a_probe_ends_no_lasting_trouble(cause: str, probe: str) -> None:
    assert _said(LASTING[cause], probe) == (cause,)


@pytest.mark.parametrize("answer", AT_WORK)
@pytest.mark.parametrize("cause", LASTING)
def test_work_that_takes_a_database_does(cause: str, answer: str) -> None:
    diagnosis = diagnose(evidence(app_log(f"{LASTING[cause]}\n{PROBES[0]}\n{answer}")))
    assert (diagnosis.verdict, diagnosis.findings) == ("healthy", ())


def test_a_probe_between_two_refusals_ends_nothing() -> None:
    refused, probe = LASTING["bad-credentials"], PROBES[0]
    assert _said(refused, probe, refused, probe) == ("bad-credentials",)


def test_a_probe_that_had_failed_looks_into_the_database() -> None:
    failed, good = ('10.42.0.1:41000 - "GET /readyz HTTP/1.1" ' + status for status in ("503", "200"))
    assert _said(LASTING["bad-credentials"], failed, good) == ()
    assert _said(LASTING["bad-credentials"], failed, good.replace("readyz", "livez")) == ("bad-credentials",)


def test_a_probe_that_tells_of_the_trouble_is_no_trouble_of_its_own() -> None:
    empty = "HikariPool-1 - Connection is not available, request timed out after 30000ms."
    bad, good = (f'10.0.0.1 - "GET /actuator/health HTTP/1.1" {status} 12' for status in (503, 200))
    assert _said(empty, bad, bad, good) == ()
    assert _said(empty, bad, good, bad) == ("connections-exhausted",)
    assert _said(empty, bad.replace("/actuator/health", "/carts"), good) == ("connections-exhausted",)


_UP = "INFO:     Uvicorn running on http://0.0.0.0:8080 (Press CTRL+C to quit)"


def _verdict(*lines: str) -> str:
    return diagnose(evidence(app_log("\n".join(lines)))).verdict


@pytest.mark.parametrize("path", ["/readyz", "/health", "/actuator/health/readiness", "/api/v1/status"])
@pytest.mark.parametrize("service", ["", "api-1  | ", "[pod/api-5c9/api] "])
def test_a_probe_that_was_refused_until_the_service_was_ready_is_no_trouble(service: str, path: str) -> None:
    line = f'{service}INFO:     10.42.0.1:50412 - "GET {path} HTTP/1.1" '
    bad, good, up = f"{line}503 Service Unavailable", f"{line}200 OK", service + _UP
    assert _verdict(up, bad, bad, good) == "healthy"
    assert _verdict(up, bad, bad.replace("503", "500"), good, good.replace(path, "/items")) == "healthy"
    for others in ((bad, good, bad), (bad, good.replace(path, "/livez")), (bad, good.replace(path, "/items"))):
        assert _verdict(up, *others) == "inconclusive"


def test_the_good_answer_to_a_probe_excuses_nothing_but_that_probe() -> None:
    bad, good = (f'10.42.0.1:50412 - "GET /readyz HTTP/1.1" {status}' for status in (503, 200))
    item = bad.replace("/readyz", "/items/7")
    assert _verdict(_UP, bad, item, good) == "inconclusive"
    assert _verdict(_UP, bad, good, item) == "inconclusive"
    assert _verdict(_UP, item, good.replace("/readyz", "/items/7")) == "inconclusive"
    assert _verdict(_UP, bad, "ERROR:    the cart of 7 could not be priced", good) == "inconclusive"
    assert _verdict(f"a-1  | {_UP}", f"a-1  | {bad}", f"b-1  | {good}") == "inconclusive"


def test_the_same_probe_in_another_log_excuses_nothing() -> None:
    bad, good = (f'10.42.0.1:50412 - "GET /readyz HTTP/1.1" {status}' for status in (503, 200))
    one, other = log.read([_UP, bad], "one"), log.read([_UP, good], "other")
    assert diagnose(Evidence(logs=(*one, *other))).verdict == "inconclusive"


def test_giteas_redirection_shows_no_page() -> None:
    answer = "[I] router: completed GET {} for 10.0.0.3:0, {} in 2.3ms @ web/repo.go:66(web.Repos)"
    trouble = LASTING["bad-credentials"]
    assert _said(trouble, answer.format("/", "303 See Other")) == ("bad-credentials",)
    assert _said(trouble, answer.format("/api/healthz", "200 OK")) == ("bad-credentials",)
    assert _said(trouble, answer.format("/explore/repos", "200 OK")) == ()


def test_a_service_that_came_up_while_its_server_was_not_ready_is_believed() -> None:
    ready = "2026-01-01 10:00:04.000 UTC [1] LOG:  database system is ready to accept connections"
    late = ("api-1  | " + LASTING["database-not-ready"], f"db-1   | {ready}", f"api-1  | {PROBES[0]}")
    assert _said(*late) == ()


def test_a_connection_gives_no_privilege_and_no_room() -> None:
    for cause in ("insufficient-privilege", "disk-full"):
        assert _said(LASTING[cause], "INFO database connection established") == (cause,)
    assert _said(LASTING["connections-exhausted"], "INFO database connection established") == ()


_TASK = "[2024-07-11 09:12:4{second},001: {level}/ForkPoolWorker-1] Task {task} {what}"


@pytest.mark.parametrize(
    ("cause", "error"),
    [
        ("insufficient-privilege", "InsufficientPrivilege('permission denied for table payroll')"),
        ("deadlock", "DeadlockDetected('deadlock detected')"),
        ("connections-exhausted", "OperationalError('FATAL:  sorry, too many clients already')"),
    ],
)
def test_another_tasks_success_ends_nothing(cause: str, error: str) -> None:
    raised = _TASK.format(second=5, level="ERROR", task="pay.run[5f2c]", what=f"raised unexpected: {error}")
    assert _said(raised, _TASK.format(second=6, level="INFO", task="mail.send[77]", what="succeeded in 0.1s")) == (
        cause,
    )


def test_the_same_task_that_is_tried_again_ends_it() -> None:
    what = "retry: Retry in 3s: DeadlockDetected('deadlock detected')"
    again = _TASK.format(second=5, level="INFO", task="pay.run[5f2c]", what=what)
    done = _TASK.format(second=8, level="INFO", task="pay.run[5f2c]", what="succeeded in 0.1s: None")
    assert _said(again, done) == ()
    assert _said(again, done.replace("5f2c", "99aa")) == ("deadlock",)
