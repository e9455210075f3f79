"""Files of every kind as logs: read as far as they can be, and a clear word on what could not."""

import bz2
import gzip
import io
import lzma
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidentlab.collectors import _opening, logfile
from incidentlab.errors import UsageError

_TEXT = 'INFO:     started\nERROR:  relation "tasks" does not exist\nlast\n'
_LITERALS = ("does not exist",)


def _read(path: Path | str) -> logfile.LogReading:
    return logfile.read(path, literals=_LITERALS)


def _texts(reading: logfile.LogReading) -> list[str]:
    return [event.text for event in reading.events]


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("app.log", _TEXT.encode()),
        ("bom.log", b"\xef\xbb\xbf" + _TEXT.encode()),
        ("app.log.1.gz", gzip.compress(_TEXT.encode())),
        ("two-members.gz", gzip.compress(_TEXT[:20].encode()) + gzip.compress(_TEXT[20:].encode())),
        ("gz-by-content.log", gzip.compress(_TEXT.encode())),
        ("app.log.bz2", bz2.compress(_TEXT.encode())),
        ("app.log.xz", lzma.compress(_TEXT.encode())),
        ("powershell.log", _TEXT.replace("\n", "\r\n").encode("utf-16")),
        ("big-endian.log", b"\xfe\xff" + _TEXT.encode("utf-16-be")),
        ("no-mark.log", _TEXT.encode("utf-16-le")),
        ("truncated-in-place.log", b"\0" * 300_000 + _TEXT.encode()),
        ("utf16.gz", gzip.compress(_TEXT.encode("utf-16"))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # what is packed holds the time of packing
)
def test_a_log_is_read_however_it_is_packed(tmp_path: Path, name: str, content: bytes) -> None:
    reading = _read(_written(tmp_path / name, content))
    assert reading.unread == ()
    assert [text.strip() for text in _texts(reading)] == [line.strip() for line in _TEXT.splitlines()]
    assert reading.lines == 3
    assert reading.skipped == 0
    assert reading.source == name


def test_an_events_command_shows_its_lines(tmp_path: Path) -> None:
    plain = _written(tmp_path / "with a blank.log", _TEXT.encode())
    packed = _written(tmp_path / "app.log.gz", gzip.compress(_TEXT.encode()))
    for path in (plain, packed):
        command = _read(path).events[1].command
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        assert done.stdout == _TEXT.splitlines(keepends=True)[1]
    assert logfile.read(plain, literals=(), command="docker logs app").events[0].command == "docker logs app"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.log", b"", "is empty"),
        ("zeros.log", b"\0" * 5_000, "NUL"),
        ("noise.bin", bytes(range(256)) * 40, "binary"),
        ("program", b"\x7fELF" + bytes(200), "a program"),
        ("dump", b"PGDMP\x01\x0e" + b"text " * 50, "a dump of a database"),
        ("system.journal", b"LPKSHHRH" + b"text " * 50, "journalctl"),
        ("logs.zip", b"PK\x03\x04" + b"\x14\0" * 50, "zip archive"),
        ("app.zst", b"\x28\xb5\x2f\xfd" + bytes(30), "zstd"),
        ("empty.gz", gzip.compress(b"", mtime=0), "is empty"),
    ],
)
def test_what_is_no_log_is_named_with_what_to_do(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    reading = _read(_written(tmp_path / name, content))
    assert reading.events == ()
    assert len(reading.unread) == 1
    assert words in reading.unread[0]
    assert str(tmp_path / name) in reading.unread[0]
    assert reading.unread[0].endswith((".", "--logs -"))


def test_an_archive_is_not_taken_for_a_log(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "logs.tar.gz", "w:gz") as archive:
        archive.add(_written(tmp_path / "app.log", _TEXT.encode()))
    assert "a tar archive" in _read(tmp_path / "logs.tar.gz").unread[0]


def test_a_packed_log_that_is_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    whole = gzip.compress(os.urandom(40_000).hex().encode() + b"\n" + _TEXT.encode() * 1_000)
    reading = _read(_written(tmp_path / "cut.gz", whole[: len(whole) // 2]))
    assert "is cut off" in reading.unread[0]
    damaged = bytearray(whole)
    damaged[len(whole) // 2 : len(whole) // 2 + 40] = b"\xff" * 40
    reading = _read(_written(tmp_path / "damaged.gz", bytes(damaged)))
    assert "could not be read" in reading.unread[0]


def test_letters_of_a_western_server_without_utf_8_are_kept(tmp_path: Path) -> None:
    path = _written(tmp_path / "db.log", "ERREUR:  la relation « tâches » n'existe pas\n".encode("cp1252"))
    assert "« tâches »" in _texts(_read(path))[0]
    broken = _written(tmp_path / "broken.log", "存在 \xe9".encode() + b"\xe5\xad\n")
    assert "存在" in _texts(_read(broken))[0]


def test_a_file_that_is_not_there_is_answered_with_the_nearest_names(tmp_path: Path) -> None:
    _written(tmp_path / "backend.log", b"x")
    with pytest.raises(UsageError) as caught:
        _read(tmp_path / "bakend.log")
    assert "backend.log" in caught.value.mend[0]
    with pytest.raises(UsageError):
        _read(tmp_path / "backend.log" / "inside.log")
    with pytest.raises(UsageError):
        _read(tmp_path / "no-folder" / "app.log")


def test_a_folder_is_answered_with_the_logs_in_it(tmp_path: Path) -> None:
    _written(tmp_path / "app.log", b"x")
    with pytest.raises(UsageError, match="is a folder") as caught:
        _read(tmp_path)
    assert "app.log" in caught.value.mend[0]


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may read everything here")
def test_a_file_without_the_right_to_read_it_is_named(tmp_path: Path) -> None:
    path = _written(tmp_path / "secret.log", b"x")
    path.chmod(0)
    code = (
        "import sys; sys.path[:0] = [p for p in sys.argv[2].split(':') if p]\n"
        "from incidentlab.collectors import logfile; print(logfile.read(sys.argv[1], literals=()).unread[0])"
    )
    if os.geteuid() != 0:
        said = _read(path).unread[0]
    else:
        # As root with no capability: the file's mode counts again.
        said = subprocess.run(
            ["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-c", code, path, ":".join(sys.path)],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        if "could not be read" not in said and not said.strip():
            pytest.skip("this container does not let go of root's rights")
    assert "you have no right to" in said
    assert "sudo cat" in said


def test_a_file_that_becomes_shorter_while_it_is_read_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _written(tmp_path / "app.log", _TEXT.encode() * 90_000)
    really = os.fstat

    def shrinks(descriptor: int) -> os.stat_result:
        seen = really(descriptor)
        os.truncate(path, 100_000)
        return seen

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", shrinks)
        reading = _read(path)
    assert "became shorter" in reading.unread[0]
    assert reading.events


def test_a_file_that_is_removed_while_it_is_read_is_read_all_the_same(tmp_path: Path) -> None:
    path = _written(tmp_path / "app.log", _TEXT.encode())
    with _opening.opened(path) as stream:
        path.unlink()
        assert stream.read() == _TEXT.encode()


def test_a_file_that_grows_is_read_up_to_where_it_was(tmp_path: Path) -> None:
    path = _written(tmp_path / "app.log", _TEXT.encode() * 1_000)
    stop = threading.Event()

    def write() -> None:
        with path.open("ab") as file:
            while not stop.is_set():
                file.write(_TEXT.encode() * 100)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert _read(path).lines >= 3_000
    finally:
        stop.set()
        writer.join()


def test_a_named_pipe_is_read_and_one_without_a_writer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    monkeypatch.setattr(_opening, "_PATIENCE", 0.1)
    assert "a pipe into which nobody wrote" in _read(path).unread[0]
    monkeypatch.setattr(_opening, "_PATIENCE", 30.0)
    writer = threading.Thread(target=path.write_text, args=(_TEXT,))
    writer.start()
    reading = _read(path)
    writer.join()
    assert reading.lines == 3


def test_devices_and_sockets_are_refused_and_nothing_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "a device or a socket" in _read("/dev/zero").unread[0]
    assert "is empty" in _read("/dev/null").unread[0]
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        assert "a device or a socket" in _read("s").unread[0]


def test_a_file_of_the_system_without_a_size_is_read() -> None:
    assert _read("/proc/self/status").lines > 10


class _Stdin(io.TextIOWrapper):
    """The standard input with a terminal or a log behind it."""

    def __init__(self, content: bytes, *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(content))
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def test_the_standard_input_is_read_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (_TEXT.encode(), gzip.compress(_TEXT.encode())):
        monkeypatch.setattr(sys, "stdin", _Stdin(content))
        reading = _read("-")
        assert (reading.lines, reading.source) == (3, "stdin")
    monkeypatch.setattr(sys, "stdin", _Stdin(b""))
    assert _read("-").unread == ("The standard input is empty.",)


def test_a_terminal_is_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(b"", terminal=True))
    with pytest.raises(UsageError, match="terminal") as caught:
        _read("-")
    assert "docker logs" in caught.value.mend[0]
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="closed"):
        _read("-")


@given(st.binary(max_size=3_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_content_is_a_fault_of_the_reader(tmp_path: Path, content: bytes) -> None:
    reading = _read(_written(tmp_path / "any", content))
    assert reading.unread or reading.lines
