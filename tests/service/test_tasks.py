"""Tasks over HTTP, on the real server and a real database."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service.harness import PATIENCE, WHITE_SPACE, Client

TASK: dict[str, Any] = {
    "title": "Write the report",
    "description": "What happened, and why",
    "done": False,
    "priority": "high",
    "due_date": "2024-05-01",
}


def create(client: Client, **changes: Any) -> dict[str, Any]:
    answer = client("POST", "/tasks", json=TASK | changes)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def fields_refused(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {error["loc"][-1] for error in answer.json()["detail"]}


def test_a_task_lives_from_its_creation_to_its_deletion(client: Client) -> None:
    answer = client("POST", "/tasks", json=TASK)
    assert answer.status_code == 201
    created = answer.json()
    path = f"/tasks/{created['id']}"
    assert answer.headers["Location"] == client.base + path
    assert TASK.items() <= created.items()
    assert datetime.fromisoformat(created["created_at"]).tzinfo is not None
    assert client("GET", path).json() == created

    replaced = client("PUT", path, json={"title": "Send it", "done": True})
    assert replaced.status_code == 200
    defaults = {"description": "", "priority": "normal", "due_date": None}
    assert replaced.json() == created | defaults | {"title": "Send it", "done": True}
    assert client("GET", path).json() == replaced.json()

    answer = client("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert client("GET", path).status_code == 404


def test_a_list_is_bounded_ordered_and_filtered(client: Client) -> None:
    open_task, done_task = create(client), create(client, done=True)
    both = [open_task["id"], done_task["id"]]
    everything = [task["id"] for task in client("GET", "/tasks", params={"limit": 100}).json()]
    assert everything == sorted(everything)
    assert everything[-2:] == both
    page = client("GET", "/tasks", params={"limit": 1, "offset": len(everything) - 1}).json()
    assert page == [done_task]
    states = {task["done"] for task in client("GET", "/tasks", params={"done": "true"}).json()}
    assert states == {True}
    assert client("GET", "/tasks", params={"offset": 1_000_000}).json() == []


def test_more_requests_at_once_than_connections_and_threads_are_all_served(client: Client) -> None:
    create(client)

    def read(_: int) -> int:
        return requests.get(f"{client.base}/tasks", timeout=PATIENCE).status_code

    with ThreadPoolExecutor(100) as people:
        assert set(people.map(read, range(400))) == {200}


@pytest.mark.parametrize("other", ["DELETE", "PUT"])
def test_of_many_who_delete_a_task_one_does_and_the_rest_are_told(client: Client, other: str) -> None:
    address = f"{client.base}/tasks/{create(client)['id']}"

    def change(number: int) -> tuple[str, int]:
        method = "DELETE" if number % 2 else other
        body = TASK if method == "PUT" else None
        return method, requests.request(method, address, json=body, timeout=PATIENCE).status_code

    with ThreadPoolExecutor(16) as people:
        answers = list(people.map(change, range(16)))
    assert answers.count(("DELETE", 204)) == 1
    assert {status for _, status in answers} <= {200, 204, 404}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_id_is_404_and_says_which(client: Client, method: str) -> None:
    answer = client(method, "/tasks/2147483647", json=TASK if method == "PUT" else None)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "There is no task 2147483647"}


@pytest.mark.parametrize("task_id", ["0", "-1", "2147483648", "9" * 5000, "one", "1.5", "%00"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_cannot_be_an_id_is_422(client: Client, method: str, task_id: str) -> None:
    answer = client(method, f"/tasks/{task_id}", json=TASK if method == "PUT" else None)
    assert fields_refused(answer) == {"task_id"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": " \t "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "nul \0"}, "title"),
        ({"title": "half \ud800"}, "title"),
        ({"title": 7}, "title"),
        ({"title": None}, "title"),
        ({"description": "x" * 2001}, "description"),
        ({"description": "\0"}, "description"),
        ({"done": "yes"}, "done"),
        ({"done": 1}, "done"),
        ({"priority": "urgent"}, "priority"),
        ({"due_date": "2024-02-30"}, "due_date"),
        ({"due_date": float("inf")}, "due_date"),
        ({"id": 7}, "id"),
        ({"odd \ud800": 1}, "body"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_bad_input_is_422_and_names_the_field(client: Client, method: str, change: dict[str, Any], field: str) -> None:
    path = f"/tasks/{create(client)['id']}" if method == "PUT" else "/tasks"
    answer = client(method, path, data=json.dumps(TASK | change), headers={"Content-Type": "application/json"})
    assert fields_refused(answer) == {field}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("offset=-1", "offset"),
        ("offset=1000001", "offset"),
        ("done=perhaps", "done"),
    ],
)
def test_a_list_out_of_bounds_is_422(client: Client, query: str, field: str) -> None:
    assert fields_refused(client("GET", f"/tasks?{query}")) == {field}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"title":' + b"[" * 100_000])
def test_a_body_that_is_no_task_is_refused_not_a_failure(client: Client, body: bytes) -> None:
    answer = client("POST", "/tasks", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.fixed_dictionaries(
        {"title": st.text(max_size=210) | st.integers() | st.none()},
        optional={
            "description": st.text(max_size=100),
            "done": st.booleans() | st.text(max_size=5),
            "priority": st.sampled_from(["low", "normal", "high", "", "LOW"]),
            "due_date": st.dates().map(str) | st.floats() | st.none(),
            "surprise": st.integers(),
        },
    )
)
def test_whatever_is_sent_is_stored_faithfully_or_refused(client: Client, body: dict[str, Any]) -> None:
    answer = client("POST", "/tasks", data=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 201:
        stored = client("GET", f"/tasks/{answer.json()['id']}").json()
        assert stored == answer.json()
        assert stored["title"] == body["title"].strip(WHITE_SPACE)
        assert stored["description"] == body.get("description", "")
