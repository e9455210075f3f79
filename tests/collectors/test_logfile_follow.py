"""Following a log: silent while nothing happens, quick to speak when something does, bounded in between."""

import gzip
import io
import os
import threading
import time
from collections.abc import Iterator
from queue import Empty, Queue

import pytest

from incidentlab.collectors import logfile
from incidentlab.model.evidence import LogEvent

_LITERALS = ("does not exist", "UndefinedTable")
_TRACEBACK = b"""\
Traceback (most recent call last):
  File "/app/main.py", line 3, in start
    query()
psycopg.errors.UndefinedTable: relation "tasks" does not exist
LINE 1: SELECT 1 FROM tasks
"""


class _Followed:
    """A pipe that is being followed, and what was said about it so far."""

    def __init__(self) -> None:
        read_end, self._write_end = os.pipe()
        self.said: Queue[tuple[LogEvent, ...]] = Queue()
        self.unread: list[str] = []
        self._stream = os.fdopen(read_end, "rb")
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        with self._stream:
            for events in logfile.follow(self._stream, literals=_LITERALS, unread=self.unread):
                self.said.put(events)

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._write_end, data) :]

    def close(self) -> None:
        if self._write_end >= 0:
            os.close(self._write_end)
            self._write_end = -1
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture
def followed() -> Iterator[_Followed]:
    one = _Followed()
    yield one
    one.close()


def test_it_speaks_when_a_traceback_is_complete_and_the_log_goes_on(followed: _Followed) -> None:
    followed.write(b"INFO:     starting\n")
    for line in _TRACEBACK.splitlines(keepends=True):
        followed.write(line)
        time.sleep(0.01)
    events = followed.said.get(timeout=10)
    assert [event.cause for event in events if event.cause] == ["psycopg.errors.UndefinedTable"]
    assert events[-1].last_line == 6


def test_it_is_silent_about_what_is_unremarkable_and_speaks_at_the_end(followed: _Followed) -> None:
    followed.write(b"INFO:     all is well\n" * 50)
    with pytest.raises(Empty):
        followed.said.get(timeout=1.2)
    followed.close()
    assert len(followed.said.get(timeout=5)) == 50
    assert followed.said.empty()


def test_service_after_something_scary_is_worth_a_word_once(followed: _Followed) -> None:
    followed.write(b'ERROR:  relation "t" does not exist\n')
    followed.said.get(timeout=10)
    followed.write(b'INFO:     10.0.0.1:1 - "GET / HTTP/1.1" 200 OK\n')
    events = followed.said.get(timeout=10)
    assert '" 200 OK' in events[-1].text
    followed.write(b'INFO:     10.0.0.1:1 - "GET / HTTP/1.1" 200 OK\n')
    with pytest.raises(Empty):
        followed.said.get(timeout=1)


def test_it_speaks_although_it_never_becomes_quiet(followed: _Followed) -> None:
    followed.write(_TRACEBACK)
    end = time.monotonic() + 15
    while followed.said.empty() and time.monotonic() < end:
        followed.write(b"INFO:     another line\n")
        time.sleep(0.02)
    assert not followed.said.empty()


def test_a_flood_of_errors_is_followed_without_falling_behind(followed: _Followed) -> None:
    for number in range(300):
        followed.write(
            b"".join(b'ERROR:  relation "t%d" does not exist\n' % index for index in range(number, number + 400))
        )
    followed.close()
    words = []
    while not followed.said.empty():
        words.append(followed.said.get())
    assert 1 <= len(words) < 60
    assert words[-1][-1].last_line == 120_000
    assert len(words[-1]) < 8_000


def test_a_packed_stream_and_one_in_memory_are_followed_to_their_end() -> None:
    for content in (
        _TRACEBACK,
        gzip.compress(_TRACEBACK),
        _TRACEBACK.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + _TRACEBACK,
    ):
        said = list(logfile.follow(io.BytesIO(content), literals=_LITERALS))
        assert said[-1][0].cause == "psycopg.errors.UndefinedTable"


def test_a_stream_that_is_no_text_is_named() -> None:
    unread: list[str] = []
    assert list(logfile.follow(io.BytesIO(b"\x28\xb5\x2f\xfd" + bytes(90)), literals=(), unread=unread)) == [()]
    assert unread


def test_an_empty_stream_ends_with_nothing() -> None:
    assert list(logfile.follow(io.BytesIO(b""), literals=_LITERALS)) == [()]
