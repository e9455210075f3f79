"""Whoever makes a service look well is not taken for somebody who has mended it: each of these was really tried."""

from pathlib import Path

import pytest

from incidentlab.lab.challenge import tries
from tests.lab.challenge.learner import Learner, unmet

TASKS = "image/service/taskmanager/"
QUERY = '            log.info("Serving %d tasks", count_tasks(database))\n'
STATUS = "        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE\n"
CHECK = 'CMD ["python", "-c", "import urllib.request as u; u.urlopen(\'http://127.0.0.1:8000/health\', timeout=2)"]'
# A service that answers every request as the real one does, and has never heard of a database.
FAKE = """\
from fastapi import FastAPI, HTTPException, Request, Response

app = FastAPI()
rows = {}

@app.get("/health")
def health():
    return {"status": "ok"}

@app.get("/tasks")
def tasks():
    return list(rows.values())

@app.post("/tasks", status_code=201)
async def create(request: Request, response: Response):
    key = len(rows) + 1
    rows[key] = {"id": key, **await request.json()}
    response.headers["Location"] = f"/tasks/{key}"
    return rows[key]

@app.get("/tasks/{key}")
def read(key: int):
    if key not in rows:
        raise HTTPException(404)
    return rows[key]
"""
# The same rows as before, as everybody can see them in the log of the database or in the expectations.
REFILLED = """\
before:
  - sql: |
      DELETE FROM tasks;
      INSERT INTO tasks (title, description) VALUES ('Before: order the cake', 'With candles'),
        ('Before: call the plumber', 'The tap drips'), ('Before: renew the certificate', 'It ends in May')
"""

CREATE = """\
from sqlalchemy import create_engine
from taskmanager.config import Settings
from taskmanager.models import Base

Base.metadata.create_all(create_engine(Settings.load().database_url))
"""


def test_without_its_first_query_the_service_starts_and_is_not_well(tmp_path: Path) -> None:
    learner = Learner.of("missing-migrations", tmp_path, sustained=0)
    learner.change(TASKS + "app.py", QUERY, "")
    learner.change(TASKS + "operations.py", STATUS, "        pass\n")
    judgement = learner.check()
    assert judgement.outcome in ("healthy", "degraded")
    assert {"database revision", "POST /tasks"} <= set(unmet(judgement))


def test_a_service_without_a_database_is_found_by_its_rows(tmp_path: Path) -> None:
    learner = Learner.of("database-missing", tmp_path, sustained=0)
    (learner.challenge.folder / "image/service/main.py").write_text(FAKE)
    learner.change("image/Dockerfile", "alembic upgrade head && ", "")
    assert unmet(learner.check()) == ["what is written is in the database"]


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        pytest.param("image/Dockerfile", CHECK, "NONE", "the image's health check", id="no-check"),
        pytest.param(
            TASKS + "operations.py", STATUS, "        pass\n",
            "GET /health at a revision nobody knows", id="health-lies",
        ),
        pytest.param(
            TASKS + "health.py", 'status="unavailable",', 'status="ok",',
            "GET /health without the database", id="health-content-without-a-database",
        ),
        pytest.param(TASKS + "app.py", QUERY, "", "a start without its table", id="first-query-deleted"),
        pytest.param(
            TASKS + "routes.py", "        session.delete(find(session, task_id, for_update=True))\n", "        pass\n",
            "DELETE reaches the database", id="deletes-nothing",
        ),
        pytest.param(
            TASKS + "routes.py", "            setattr(task, name, value)\n", "            pass\n",
            "PUT reaches the database", id="changes-nothing",
        ),
    ],
)  # fmt: skip
def test_beside_a_true_remedy_what_watches_it_has_to_stay(
    tmp_path: Path, file: str, old: str, new: str, found: str
) -> None:
    learner = Learner.of("host-not-found", tmp_path, sustained=0)
    learner.mend()
    learner.change(file, old, new)
    judgement = learner.check()
    assert not judgement.fixed
    assert found in unmet(judgement)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (CHECK, "NONE", False),
        (CHECK, "CMD true", False),
        ("--retries=3", "--retries=3000", False),
        ("--timeout=3s ", "", False),
        ("--start-period=15s", "--start-period=60s", True),
    ],
)
def test_only_the_grace_of_a_health_check_is_the_learners(tmp_path: Path, old: str, new: str, same: bool) -> None:
    learner = Learner.of("host-not-found", tmp_path, sustained=0)
    learner.change("image/Dockerfile", old, new)
    assert tries.health_check(learner.scenario, learner.challenge).met == same


def test_a_cache_that_answers_for_the_table_is_found(tmp_path: Path) -> None:
    learner = Learner.of("host-not-found", tmp_path, sustained=0)
    learner.mend()
    learner.change(TASKS + "routes.py", "router = APIRouter", "known: dict[int, Task] = {}\nrouter = APIRouter")
    learner.change(TASKS + "routes.py", '    response.headers["Location"]', "    known[task.id] = task\n"
                   '    response.headers["Location"]')  # fmt: skip
    learner.change(TASKS + "routes.py", "        return find(session, task_id)\n",
                   "        return known.get(task_id) or find(session, task_id)\n")  # fmt: skip
    assert unmet(learner.check()) == ["what is in the database is read"]


def test_an_emptied_page_is_no_quick_one(tmp_path: Path) -> None:
    learner = Learner.of("statement-timeout", tmp_path, sustained=0)
    learner.change(TASKS + "duplicates.py", "        return list(", "        return []\n        return list(")
    assert unmet(learner.check()) == ["GET /duplicates"]


def test_rows_that_were_deleted_and_written_anew_are_lost_all_the_same(tmp_path: Path) -> None:
    learner = Learner.of("tls-mismatch", tmp_path, sustained=0)
    learner.mend()
    learner.change("deployment.yaml", "before: []\n", REFILLED)
    assert unmet(learner.check()) == ["rows from before"]


def test_a_table_of_its_own_making_is_not_the_one_that_was_migrated(tmp_path: Path) -> None:
    learner = Learner.of("missing-migrations", tmp_path, sustained=0, within=6)
    (learner.challenge.folder / "image/create.py").write_text(CREATE)
    serve = 'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]'
    create = 'CMD ["sh", "-c", "python create.py && exec uvicorn main:app --host 0.0.0.0 --port 8000"]'
    learner.change("image/Dockerfile", serve, create)
    assert "outcome" in unmet(learner.check())
