"""A small app for the engines' tests: each way of living and dying is one mode, chosen by the first argument."""

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    """Answers with what the app sees of itself; ``/health`` with 503 where it is sick."""

    def do_GET(self) -> None:
        sick = sys.argv[1] == "sick" and self.path == "/health"
        body = json.dumps({"uid": os.getuid(), "env": dict(os.environ), "cwd": str(Path.cwd())}).encode()
        self.send_response(503 if sick else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Stay silent: the lines of the log are counted."""


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the log is what the tests read


def serve() -> None:
    server = HTTPServer((sys.argv[2], int(sys.argv[3])), Handler)
    say("ready")
    server.serve_forever()


def crash() -> None:
    for number in range(200):
        say(f"line {number}")
    say(f"cannot use {os.environ['DATABASE_URL']}")
    sys.exit(1)


def noisy() -> None:
    for number in range(20_000):
        sys.stdout.write(f"line {number}\n")
    sys.stdout.write("\x1b[31mred\x1b[0m \x1b]0;title\x07bell\x07 [/bold] :smile: array[int]\n")
    sys.stdout.write("x" * 300_000 + "\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(b"caf\xe9 without an end")
    sys.stdout.flush()


def stubborn() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen([sys.executable, __file__, "orphan"], start_new_session=True)
    serve()


def sleep() -> None:
    say("asleep")
    while True:
        time.sleep(3600)


def killed() -> None:
    say("about to go")
    os.kill(os.getpid(), signal.SIGKILL)


def greedy() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(b"x" * 1_000_000))


def job() -> None:
    say(f"in {Path.cwd().name} with {os.environ['DATABASE_URL']}")
    say(Path("laid-over.txt").read_text() if Path("laid-over.txt").exists() else "nothing laid over")
    sys.exit(int(sys.argv[2]))


MODES = {
    "greedy": greedy,
    "job": job,
    "healthy": serve,
    "sick": serve,
    "crash": crash,
    "noisy": noisy,
    "stubborn": stubborn,
    "orphan": sleep,
    "hang": sleep,
    "killed": killed,
}

if __name__ == "__main__":
    MODES[sys.argv[1]]()
