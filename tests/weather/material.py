"""A scenario of a test's own: an app of twenty lines that lives, dies or hangs as it is told."""

from collections.abc import Mapping
from pathlib import Path

APP = """
import sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

print("begun as", sys.argv[1], flush=True)
if sys.argv[1] == "crash":
    sys.exit("the app gives up")
if sys.argv[1] == "hang":
    time.sleep(600)
ThreadingHTTPServer((sys.argv[2], int(sys.argv[3])), Handler).serve_forever()
"""

DOCKERFILE = """FROM python:3.11-slim
ENV PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY . .
{extra}
USER 1001
EXPOSE 8000
CMD ["python", "app.py", "{mode}", "0.0.0.0", "8000"]
"""

SCENARIO = """id: {id}
title: Weather
summary: Breaks, holds or hangs, as a test needs it.
cause: migrations-not-applied
{database}variants:
  broken:
    dockerfile: Dockerfile.crash
    expect: {{outcome: crash, within: 60s, logs: [{{source: app, contains: the app gives up}}]}}
  fixed:
    dockerfile: Dockerfile.healthy
    expect: {{outcome: healthy, within: 60s, sustained: 300ms}}
  hung:
    dockerfile: Dockerfile.hang
    expect: {{outcome: healthy, within: 60s}}
"""


def write_scenario(
    folder: Path, *, extra: str = "", base: str = "python:3.11-slim", image: str = "", settings: Mapping[str, str] = {}
) -> Path:
    """Write a scenario's folder; its id is the folder's name.

    Args:
        folder: what an earlier call has written there is replaced.
        extra: more instructions for its Dockerfiles, in line 5.
        base: their base image.
        image: the database's; the project's usual one where it is empty.
        settings: of the database's server.
    """
    (folder / "overlay").mkdir(parents=True, exist_ok=True)
    (folder / "overlay" / "app.py").write_text(APP, "utf-8")
    for mode in ("crash", "healthy", "hang"):
        text = DOCKERFILE.format(extra=extra or "LABEL plain=yes", mode=mode).replace("python:3.11-slim", base)
        (folder / f"Dockerfile.{mode}").write_text(text, "utf-8")
    lines = [f"  image: {image}"] if image else []
    lines += ["  settings:", *(f'    {name}: "{value}"' for name, value in settings.items())] if settings else []
    database = "\n".join(["database:", *lines, ""]) if lines else ""
    (folder / "scenario.yaml").write_text(SCENARIO.format(id=folder.name, database=database), "utf-8")
    return folder
