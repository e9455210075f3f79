"""Bad input: a clear word on what could not be read, a diagnosis from the rest, and never a traceback."""

import gzip
import os
import socket
from pathlib import Path

import pytest

from tests.cli.diagnosing import CERTAIN, Done, diagnose

pytestmark = pytest.mark.usefixtures("fresh_home")

LONG = b"x" * 10_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.log").write_text(CERTAIN)
    return tmp_path


def beside_a_good_log(folder: Path, *words: str) -> Done:
    """Diagnose a bad source together with a log that names its cause: that one must be found all the same."""
    done = diagnose("--logs", "good.log", *words, "--json", cwd=folder)
    done.assert_calm()
    assert done.code == 0, done.err
    assert "port-conflict" in [each["cause"] for each in done.json["findings"]]
    return done


LOGS = {
    "empty": b"",
    "binary": bytes(range(256)) * 200,
    "an ELF file": b"\x7fELF" + os.urandom(4096),
    "UTF-16": "ERROR: x\n".encode("utf-16"),
    "broken UTF-8": b"ERROR: caf\xe9 \xff\xfe\n",
    "NUL": b"\0" * 10_000,
    "a long line": LONG,
    "a long line between others": CERTAIN.encode() + LONG + b"\n" + CERTAIN.encode(),
    "no line end": b"FATAL:  the database system is starting up",
    "only line ends": b"\r\n" * 5_000,
    "gzip": gzip.compress(CERTAIN.encode()),
    "gzip cut off": gzip.compress(CERTAIN.encode() * 50)[:-20],
    "no gzip after all": b"\x1f\x8b" + b"\0" * 100,
}


@pytest.mark.parametrize("kind", LOGS)
def test_any_log(folder: Path, kind: str) -> None:
    (folder / "bad.log").write_bytes(LOGS[kind])
    done = beside_a_good_log(folder, "--logs", "bad.log")
    assert len(done.out) < 200_000
    alone = diagnose("--logs", "bad.log", cwd=folder)
    alone.assert_calm()
    assert alone.code in (0, 2, 4)
    assert alone.out or "What to do" in alone.err
    assert not set(alone.out) & {"\0", "\x1b"}


def test_a_compressed_log_is_read_as_text(folder: Path) -> None:
    (folder / "app.log.gz").write_bytes(LOGS["gzip"])
    (finding,) = diagnose("--logs", "app.log.gz", "--json", cwd=folder).json["findings"]
    assert finding["cause"] == "port-conflict"
    assert finding["evidence"][0]["line"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--logs", "gone.log"], "There is no file gone.log"),
        (["--logs", "."], ". is a folder"),
        (["--logs", "dangling.log"], "dangling.log"),
        (["--compose", "broken.yaml"], "broken.yaml"),
        (["--compose", "gone.yaml"], "gone.yaml"),
        (["--project", "gone"], "gone"),
        (["--database-url", "mysql://u:pw123456@h/d"], "PostgreSQL"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_read_is_named_and_the_rest_is_diagnosed(folder: Path, words: list[str], said: str) -> None:
    (folder / "dangling.log").symlink_to("nowhere")
    (folder / "broken.yaml").write_text("services:\n  web: [unclosed\n")
    done = beside_a_good_log(folder, *words)
    assert [each["read"] for each in done.json["sources"]] == [True, False]
    assert any(said in each for each in done.json["missing"])
    assert "pw123456" not in done.out
    diagnose(*words, cwd=folder).assert_panel(2, said)


def test_a_log_that_may_not_be_read(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (folder / "secret.log").write_text(CERTAIN)
    (folder / "secret.log").chmod(0)
    diagnose("--logs", "secret.log", cwd=folder).assert_panel(4, "Permission denied", "sudo")


def test_a_database_that_refuses_is_a_fact_and_one_that_stalls_is_not_waited_for(folder: Path) -> None:
    refusing = socket.socket()
    refusing.bind(("127.0.0.1", 0))  # bound, and nobody listens
    with socket.create_server(("127.0.0.1", 0)) as stalling, refusing:
        for each in (refusing, stalling):
            url = f"postgresql://shop:pw123456@127.0.0.1:{each.getsockname()[1]}/shop"
            done = beside_a_good_log(folder, "--database-url", url)
            assert done.json["sources"][1]["read"] is False
            assert "pw123456" not in done.out + done.err


def test_a_cyclic_revision_graph(folder: Path) -> None:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    for name, parent in (("a1", "b2"), ("b2", "a1"), ("c3", "nowhere")):
        (versions / f"{name}.py").write_text(f"revision = {name!r}\ndown_revision = {parent!r}\n")
    (versions / "broken.py").write_text("revision = (")
    done = beside_a_good_log(folder, "--project", ".")
    assert done.json["sources"][1]["read"] is True
    assert any("broken.py" in each for each in done.json["missing"])


def test_a_compose_file_with_keys_that_nobody_knows(folder: Path) -> None:
    (folder / "compose.yaml").write_text(
        "services:\n  web:\n    image: web\n    colour: blue\n    environment: {A: '${NOT_SET_ANYWHERE}'}\nfoo: 1\n"
    )
    beside_a_good_log(folder, "--compose", "compose.yaml")


@pytest.mark.docker
def test_a_container_that_does_not_exist(folder: Path) -> None:
    done = beside_a_good_log(folder, "--container", "incidentlab-no-such-container")
    assert any("incidentlab-no-such-container" in each or "engine" in each for each in done.json["missing"])
    alone = diagnose("--container", "incidentlab-no-such-container", cwd=folder)
    assert alone.code in (2, 4)
    alone.assert_panel(alone.code)


def test_without_an_engine_the_rest_is_diagnosed(folder: Path) -> None:
    env = {"DOCKER_HOST": f"unix://{folder}/nothing.sock"}
    words = ["--logs", "good.log", "--container", "web", "--compose-project", "shop", "--json"]
    done = diagnose(*words, cwd=folder, env=env)
    assert done.code == 0, done.err
    assert [each["read"] for each in done.json["sources"]] == [True, False, False]
    diagnose("--container", "web", cwd=folder, env=env).assert_panel(4)
