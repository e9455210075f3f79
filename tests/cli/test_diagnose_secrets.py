"""Two hundred secrets, planted wherever a deployment has them: none is kept, and none is printed in any format."""

import base64
import random
import string
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from incidentlab.lab.investigate import Sources, investigate
from tests.cli.diagnosing import CERTAIN, diagnose

pytestmark = pytest.mark.usefixtures("fresh_home")

_MIXED = string.ascii_letters + string.digits


@dataclass
class Planter:
    """Makes secrets that no two runs differ in, and remembers them."""

    chance: random.Random = field(default_factory=lambda: random.Random(42))
    planted: list[str] = field(default_factory=list)

    def word(self, length: int = 18, of: str = _MIXED) -> str:
        """Return a secret, which always has letters of both cases and a digit."""
        made = "".join(self.chance.choice(of) for _ in range(length - 3)) + "qZ7"
        self.planted.append(made)
        return made

    def pem(self) -> str:
        """Return a private key; each line of it is a secret."""
        lines = [base64.b64encode(self.chance.randbytes(48)).decode() for _ in range(4)]
        self.planted += lines
        return "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"])

    def jwt(self) -> str:
        """Return a signed token; its payload and signature are secrets."""
        parts = [base64.urlsafe_b64encode(self.chance.randbytes(30)).decode().rstrip("=") for _ in range(2)]
        self.planted += parts
        return f"eyJhbGciOiJIUzI1NiJ9.eyJ{parts[0]}.{parts[1]}"


# Each is a line of a log in which a program gives away a secret, most in a line that tells of a failure.
LINES: tuple[Callable[[Planter], str], ...] = (
    lambda p: f"psycopg.OperationalError: connection failed: postgresql://shop:{p.word()}@db:5432/shop",
    lambda p: (
        f"sqlalchemy.exc.OperationalError: could not connect with postgres+asyncpg://shop:{p.word()}@db/shop?ssl=1"
    ),
    lambda p: f'FATAL:  password authentication failed for user "shop" (PGPASSWORD={p.word()})',
    lambda p: f"ERROR: dsn host=db user=shop password={p.word()} dbname=shop sslmode=disable",
    lambda p: f"ERROR: dsn host=db user=shop password='{p.word()}' dbname=shop",
    lambda p: f'ERROR {{"DATABASE_PASSWORD": "{p.word()}", "level": "error"}}',
    lambda p: f"ERROR: request failed: Authorization: Bearer {p.word(40)}",
    lambda p: f"ERROR: request failed: Authorization: Basic {base64.b64encode(p.word(24).encode()).decode()}",
    lambda p: f"ERROR: token {p.jwt()} was refused",
    lambda p: f"ERROR: AWS_SECRET_ACCESS_KEY={p.word(40)} is not valid",
    lambda p: f"ERROR: api_key: {p.word(32)}",
    lambda p: f"ERROR: SECRET_KEY = '{p.word(50)}'",
    lambda p: f"ERROR: ghp_{p.word(36)} was revoked",
    lambda p: f"ERROR: redis://:{p.word()}@cache:6379/0 is down",
    lambda p: f"ERROR: amqp://guest:{p.word()}@mq:5672// is down",
    lambda p: f"ERROR:  statement: ALTER ROLE shop PASSWORD '{p.word()}'",
    lambda p: f"ERROR: GET /callback?access_token={p.word(32)}&state=1 500",
    lambda p: f"ERROR: Set-Cookie: sessionid={p.word(32)}; Path=/",
    lambda p: f"ERROR: cannot load key\n{p.pem()}\nERROR: giving up",
    lambda p: f"ERROR: -e POSTGRES_PASSWORD={p.word()} -e POSTGRES_USER=shop",
)


def texts_of(value: object) -> str:
    """Return all that some facts say, whatever they are."""
    return repr(value)


def found(planter: Planter, *texts: str) -> list[str]:
    return [secret for secret in planter.planted if any(secret in text for text in texts)]


@pytest.fixture
def planter() -> Planter:
    return Planter()


def planted_log(planter: Planter, times: int) -> str:
    lines = [line(planter) for _ in range(times) for line in LINES]
    planter.chance.shuffle(lines)
    return "".join(f"{line}\n{CERTAIN}" for line in lines)


def planted_project(planter: Planter, folder: Path) -> None:
    """Write a repository whose files hold secrets, as repositories should not."""
    (folder / "alembic.ini").write_text(
        f"[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql://shop:{planter.word()}@db/shop\n"
    )
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "migrations" / "versions" / "a1.py").write_text('revision = "a1"\ndown_revision = None\n')
    (folder / "Dockerfile").write_text(
        "FROM python:3.11-slim\n"
        f"ENV SECRET_KEY={planter.word(40)}\n"
        f"ENV DATABASE_URL=postgresql://shop:{planter.word()}@db/shop\n"
        f'CMD ["uvicorn", "main:app", "--env", "API_TOKEN={planter.word(32)}"]\n'
    )
    (folder / "entrypoint.sh").write_text(f"export PGPASSWORD={planter.word()}\nexec uvicorn main:app\n")
    (folder / ".env").write_text(f"FROM_DOTENV={planter.word()}\nDB_PASSWORD={planter.word()}\n")
    services = "".join(
        f"  s{number}:\n    image: web\n    command: web --token={planter.word(30)}\n    environment:\n"
        f"      DATABASE_URL: postgresql://shop:{planter.word()}@db/shop\n      JWT_SECRET: {planter.word(40)}\n"
        f"      SESSION_TOKEN: {planter.word(30)}\n      SMTP_PASSWORD: ${{DB_PASSWORD}}\n"
        for number in range(12)
    )
    (folder / "compose.yaml").write_text(f"services:\n{services}")


def test_two_hundred_secrets_in_log_project_compose_and_url(planter: Planter, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(planted_log(planter, 6))
    planted_project(planter, tmp_path)
    url = f"postgresql://shop:{planter.word()}@127.0.0.1:1/shop?password={planter.word()}"
    assert len(set(planter.planted)) >= 200
    sources = Sources(
        logs=(str(tmp_path / "app.log"),),
        compose=(tmp_path / "compose.yaml",),
        database_url=url,
        project=tmp_path,
    )
    kept = investigate(sources)
    assert kept.diagnosis.findings
    assert found(planter, texts_of(kept)) == []
    words = ["--logs", "app.log", "--compose", "compose.yaml", "--project", ".", "--database-url", "env:SHOP_URL"]
    for kind in ("text", "json", "sarif"):
        done = diagnose(*words, "-v", "--format", kind, cwd=tmp_path, env={"SHOP_URL": url})
        assert done.code == 0, done.err
        assert found(planter, done.out, done.err) == []


@pytest.mark.parametrize("number", range(len(LINES)))
def test_each_kind_alone_at_the_line_that_is_cited(planter: Planter, tmp_path: Path, number: int) -> None:
    line = LINES[number](planter)
    log = tmp_path / "app.log"
    log.write_text(f"{line}\nERROR:    [Errno 98] address already in use: {line}\napp exited with code 1\n")
    assert found(planter, texts_of(investigate(Sources(logs=(str(log),))))) == []


@pytest.fixture
def container(planter: Planter) -> Iterator[str]:
    """A container with secrets in its environment, its command and its log."""
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker engine answers")
    name = f"incidentlab-test-{uuid.uuid4().hex[:12]}"
    environment = [
        f"--env={key}={planter.word(24)}"
        for key in ("SECRET_KEY", "API_TOKEN", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "JWT_SECRET", "SMTP_PASSWORD")
    ]
    environment.append(f"--env=DATABASE_URL=postgresql://shop:{planter.word()}@127.0.0.1:1/shop")
    log = planted_log(planter, 1)
    started = ["docker", "run", "--interactive", "--name", name, "--label", "dev.incidentlab.test=secrets"]
    said = [*started, *environment, "python:3.11-slim", "sh", "-c", "cat; exit 1"]
    subprocess.run(said, input=log.encode(), capture_output=True, check=False, timeout=60)
    yield name
    subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=True)


@pytest.mark.docker
def test_the_secrets_of_a_container(planter: Planter, container: str) -> None:
    for kind in ("text", "json", "sarif"):
        done = diagnose("--container", container, "--ask-database", "-v", "--format", kind)
        assert done.code == 0, done.err
        assert found(planter, done.out, done.err) == []
    assert found(planter, texts_of(investigate(Sources(containers=(container,), ask_database=True)))) == []
