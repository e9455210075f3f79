"""A receiver for Alertmanager's webhooks on 127.0.0.1: what it is sent has gone the whole way that a page goes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from incidentlab.monitoring.arrivals import Arrivals, Told

_LARGEST = 1024 * 1024  # bytes of one notification


@contextmanager
def receiving(arrivals: Arrivals) -> Iterator[str]:
    """Serve until the context is left; give the address for Alertmanager."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            taken = 0 < length <= _LARGEST and _take(arrivals, self.rfile.read(length))
            self.send_response(200 if taken else 400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the base class names it so
            """Say nothing: stderr is the user's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,), name="alert-receiver", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/alerts"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _take(arrivals: Arrivals, body: bytes) -> bool:
    """Take a notification in the format of Alertmanager's webhooks; whoever sends something else is told so."""
    try:
        alerts: list[dict[str, Any]] = json.loads(body)["alerts"]
        for each in alerts:
            told = Told.of(each["fingerprint"], each["labels"], each["annotations"])
            if each["status"] == "resolved":
                arrivals.ends(told.fingerprint)
            else:
                arrivals.fires(told)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return True
