"""A real HTTP server as the app under test, whose answers a test can choose."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

Answers = Callable[[str, str], tuple[int, dict[str, str]]]


@pytest.fixture
def serve() -> Callable[[Answers], "contextmanager[str]"]:  # type: ignore[valid-type]
    """Return a context manager that serves ``answers(method, path) -> (status, headers)`` and gives its URL."""

    @contextmanager
    def serving(answers: Answers) -> Iterator[str]:
        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers = answers(self.command, self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 — the names that http.server looks for

            def log_message(self, *_: object) -> None:
                """Say nothing: the test's own output matters."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    return serving
