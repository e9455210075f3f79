"""Which words make a program well: its own, and neither an advice, a question, nor a table's row about another one."""

import pytest

from incidentlab.causes import diagnose
from incidentlab.causes._serving import says_it_serves
from incidentlab.testing import app_log, container, evidence

OWN = [
    "Server is running on port 4000",
    "Express app listening on port 3000",
    "Connected to the database, server listening on 3000",
    "Could not load .env, listening on port 3000",
    "info: Now listening on: http://[::]:8080",
    'level=info msg="Starting HTTP server on :8080"',
    "The application is now running on http://localhost:5000",
    "Please open http://localhost:5000 in your browser",
    "Waiting for requests, listening on 3000",
    "Tomcat started on port(s): 8080 (http) with context path ''",
    "Health check server started on :8081",
    "worker process 7: Listening on tcp://0.0.0.0:3000",
    "cmd/web.go:323:listen() [I] Listen: https://0.0.0.0:3000/git",
    "cmd/web.go:323:listen() [I] Listen: http+unix:///run/gitea.sock",
    "web/routing/logger.go:102:func1() [I] router: completed GET /user/login for 10.0.0.8:0, 200 OK in 7.1ms @ a.go:9",
    "...eb/routing/logger.go:102:func1() [I] router: completed POST /a/b for [2001:db8::7]:0, 303 See Other in 9ms",
    'web-1 | 10.0.0.9 - "GET /if/any?process=that HTTP/1.1" 200 OK',
]
OF_ANOTHER = [
    "Identify and stop the process that's listening on port 8080, or choose another port.",
    "Find out which program is listening on port 8080",
    "Is anything listening on port 6379?",
    "hint: is the database server listening on port 5432",
    "Is another server running on port 3000?",
    "Please ensure the server is running",
    "Check whether the service is running",
    "Something is already listening on port 80",
    "Waiting for the server listening on port 5432",
    "You should see the server running on http://localhost:3000",
    "The application is not running on http://localhost:3000",
    "Failed to start listening on 0.0.0.0:80",
    "Listening on port 3000 failed: permission denied",
    "The server running on port 3000 has crashed",
    "Health check: expected status: 200",
    "process ended with exit code=255",
    "  listen: http://0.0.0.0:3000",
    "Please open the port named as Listen: in the settings",
    "[I] router: completed GET /nobody for 10.0.0.8:0, 404 Not Found in 4.1ms @ user/home.go:800",
    "[I] router: completed GET /shop for 10.0.0.8:0, 500 Internal Server Error in 200.1ms @ repo/view.go:12",
]


@pytest.mark.parametrize("text", OWN)
def test_a_programs_own_word_counts(text: str) -> None:
    assert says_it_serves(text)
    assert diagnose(evidence(app_log(text))).verdict == "healthy"


@pytest.mark.parametrize("text", OF_ANOTHER)
def test_a_word_about_another_makes_nothing_well(text: str) -> None:
    assert not says_it_serves(text)
    assert diagnose(evidence(app_log(text))).verdict == "inconclusive"


@pytest.mark.parametrize("text", OF_ANOTHER)
def test_a_word_about_another_settles_nothing(text: str) -> None:
    refused = 'FATAL: password authentication failed for user "shop"'
    (found,) = diagnose(evidence(app_log(f"{refused}\n{text}"))).findings
    assert found.cause == "bad-credentials"


def test_springs_advice_does_not_hide_the_taken_port() -> None:
    text = """***************************
APPLICATION FAILED TO START
***************************

Description:

Web server failed to start. Port 9090 was already in use.

Action:

Identify and stop the process that's listening on port 9090 or configure this application to listen on another port."""
    assert [one.cause for one in diagnose(evidence(app_log(text))).findings] == ["port-conflict"]


REDIS = "4be2ab0c77d1   redis:7   2 minutes ago   Up 2 minutes (healthy)   shop-redis-1"
SERVES = "redis-1  | * Server initialized, listening on port 6379"


@pytest.mark.parametrize(
    "row",
    [
        "91c3aa7010fe   shop:4   2 minutes ago   Up 2 minutes (unhealthy)   shop-api-1",
        "91c3aa7010fe   shop:4   2 minutes ago   Restarting (1) 5 seconds ago   shop-api-1",
        "91c3aa7010fe   shop:4   2 minutes ago   Exited (3) 5 seconds ago   shop-api-1",
        "shop_api_1   /start.sh   Exit 1",
        " ✘ Container shop-api-1  Error",
        "dependency failed to start: container shop-api-1 is unhealthy",
        "shop-api-5f4c7   0/1   CrashLoopBackOff   7 (20s ago)   9m",
        "shop-api-5f4c7   0/1   Running   7 (20s ago)   9m",
        "shop-api-5f4c7   0/1   ImagePullBackOff   0   9m",
        "shop-migrate-x   0/1   Error   0   9m",
        "     Active: failed (Result: exit-code) since Mon 2026-01-05 10:00:00 UTC; 3s ago",
        "shop.service: Main process exited, code=exited, status=1/FAILURE",
        "api-1 exited with code 1",
    ],
)
@pytest.mark.parametrize("well", [REDIS, "redis-0   1/1   Running   0   9m", SERVES], ids=["docker", "kubectl", "log"])
def test_one_container_that_is_ill_outweighs_others_that_are_well(row: str, well: str) -> None:
    for text in (f"{row}\n{well}", f"{well}\n{row}"):
        assert diagnose(evidence(app_log(text))).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("trouble", "cause"),
    [
        ("ModuleNotFoundError: No module named 'psycopg2'", "missing-driver"),
        ('OperationalError: FATAL: database "shop" does not exist', "database-missing"),
    ],
)
def test_anothers_health_settles_no_trouble(trouble: str, cause: str) -> None:
    assert [one.cause for one in diagnose(evidence(app_log(f"{trouble}\n{REDIS}"))).findings] == [cause]


@pytest.mark.parametrize(
    ("ill", "well"),
    [
        ("shop-api-5f4c7   0/1   Running   0   9s", "shop-api-5f4c7   1/1   Running   0   40s"),
        (
            "aa11aa11aa11   shop:4   Up 9 seconds (unhealthy)   api",
            "aa11aa11aa11   shop:4   Up 2 minutes (healthy)   api",
        ),
        ("api-1 exited with code 1", "api-1  | Server is running on port 4000"),
        ("api-1 exited with code 1", "api-1 exited with code 0"),
    ],
)
def test_a_container_that_got_well_is_held_against_nobody(ill: str, well: str) -> None:
    assert diagnose(evidence(app_log(f"{ill}\n{well}\n{SERVES}"))).verdict == "healthy"


def test_what_the_engine_says_now_outweighs_an_earlier_row() -> None:
    log = app_log("aa11aa11aa11   shop:4   Up 9 seconds (unhealthy)   api\nServer is running on port 4000")
    assert diagnose(evidence(log, container(health="healthy"))).verdict == "healthy"


def test_a_start_that_leaves_out_a_part_is_a_start() -> None:
    text = "Failed to start the mail task runner: no interpreter.\nVersion: 1.2\nDashboard is now accessible via:"
    assert diagnose(evidence(app_log(text))).verdict == "healthy"


@pytest.mark.parametrize(
    "text",
    [
        "Server is running on port 4000\nSegmentation fault (core dumped)",
        "Server is running on port 4000\n[nodemon] app crashed - waiting for file changes before starting...",
        "==> Detected service running on port 10000\n==> Exited with status 1",
        "heroku[web.1]: State changed from starting to crashed\napp[worker.1]: worker started",
        "Server is running on port 4000\nGET /orders 500 12 ms",
        "GET /health 200 3 ms\nPOST /orders 503 12 ms",
        "[I] Listen: http://[::]:3000\n[I] router: completed GET /a for 10.0.0.8:0, 502 Bad Gateway in 9ms @ b.go:1",
        "Warning  Unhealthy  2s  kubelet  Readiness probe failed: statuscode: 503\nNormal  Started  2s  kubelet  Up",
        "Warning  BackOff  2s (x9 over 3m)  kubelet  restarting failed container\nNormal  Started  2s  kubelet  Up",
        "q1  shop_api    replicated  0/2  shop:4\nq2  shop_cache  replicated  1/1  redis:7\nserver started",
    ],
)
def test_who_served_and_does_so_no_longer_is_not_well(text: str) -> None:
    assert diagnose(evidence(app_log(text))).verdict == "inconclusive"


def test_who_answers_again_is_well() -> None:
    text = "GET /orders 500 12 ms\nServer is running on port 4000\nGET /orders 200 9 ms"
    assert diagnose(evidence(app_log(text))).verdict == "healthy"
