"""Engines as tests use them: every engine that there is, a small app to run, and a look at what is left."""

import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from incidentlab.engines._base import Engine, Leftover, Stack, StackRequest
from incidentlab.model.events import Event
from incidentlab.model.scenario import ContextEntry, DatabaseSpec, StackSpec

PATIENT = Path(__file__).with_name("patient")
HEALTHCHECK = (
    "HEALTHCHECK --interval=200ms --timeout=5s --retries=2 CMD "
    '["python", "-c", "import urllib.request as u; u.urlopen(\'http://127.0.0.1:8000/health\')"]'
)


def dockerfile(mode: str, *extra: str, user: str = "1001") -> str:
    """Return a Dockerfile that runs the patient in one mode."""
    return "\n".join(
        [
            "FROM python:3.11-slim",
            "ENV PYTHONDONTWRITEBYTECODE=1",
            "WORKDIR /app",
            "COPY . .",
            *extra,
            f"USER {user}",
            "EXPOSE 8000",
            f'CMD ["python", "patient.py", "{mode}", "0.0.0.0", "8000"]',
            "",
        ]
    )


@dataclass
class Bench:
    """One engine on the bench: makes stacks for a test and knows what they left."""

    engine: Engine
    folder: Path
    events: list[Event] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    scratches: list[Path] = field(default_factory=list)

    def request(
        self,
        text: str,
        *,
        env: Mapping[str, str | None] | None = None,
        settings: Mapping[str, str] | None = None,
        context: Sequence[ContextEntry] = (ContextEntry(".", PATIENT),),
        timeout: float = 90.0,
        replicas: int = 1,
        memory: int | None = None,
        database: DatabaseSpec | None = None,
    ) -> StackRequest:
        run = f"t{secrets.token_hex(5)}"
        scratch = self.folder / run
        scratch.mkdir(mode=0o700)
        file = self.folder / f"Dockerfile.{run}"
        file.write_text(text, "utf-8")
        server = database or DatabaseSpec(settings=settings or {})
        spec = StackSpec("patient", "broken", file, tuple(context), server, env or {}, replicas, memory)
        self.runs.append(run)
        self.scratches.append(scratch)
        return StackRequest(run, spec, scratch, timeout=timeout)

    def start(self, request: StackRequest) -> AbstractContextManager[Stack]:
        return self.engine.start(request, self.events.append)

    def up(self, text: str, **options: Any) -> AbstractContextManager[Stack]:
        return self.start(self.request(text, **options))

    def leftovers(self) -> list[Leftover]:
        return [left for left in self.engine.leftovers(frozenset()) if left.run in self.runs]

    def assert_nothing_left(self) -> None:
        assert self.leftovers() == []
        assert [str(path) for scratch in self.scratches for path in scratch.rglob("*")] == []
        assert [process for scratch in self.scratches for process in working_below(scratch)] == []


def working_below(folder: Path) -> list[str]:
    """Name the processes that work in a folder, found without the engine's help."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder.resolve()):
                found.append(f"{process.pid} {process.name()}")
        except (psutil.Error, OSError):
            continue
    return found


def until(done: Callable[[], object], timeout: float = 30.0) -> None:
    """Look until something holds; fail with the last look where it never does."""
    deadline = time.monotonic() + timeout
    while not done():
        assert time.monotonic() < deadline, f"did not come true in {timeout} s"
        time.sleep(0.02)


def engine_named(name: str) -> Engine:
    """Return an engine, or skip with the reason; where it is required, a reason to skip is a failure."""
    module = f"incidentlab.engines.{name}"
    why = "it is not part of this installation"
    if find_spec(module) is not None:
        engine: Engine = import_module(module).ENGINE
        usability = engine.usable(
            StackSpec("", "", Path("Dockerfile"), (), DatabaseSpec()) if name == "local" else None
        )
        if usability.usable:
            return engine
        why = usability.why
    if os.environ.get("INCIDENTLAB_REQUIRE") == name or name == "local":
        pytest.fail(f"the {name} engine is required and cannot be used: {why}")
    pytest.skip(f"the {name} engine cannot be used: {why}")
