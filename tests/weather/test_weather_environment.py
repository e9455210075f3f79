"""What the machine denies: no engine, no permission, no image, no database, no room."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.docker_ways import Relay, engine_socket
from tests.weather.conftest import Build
from tests.weather.station import ORDINARY, Station

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user or mount a disk")


@pytest.fixture
def dead(tmp_path: Path) -> dict[str, str]:
    """A socket at which nobody listens any more."""
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
    return {"DOCKER_HOST": f"unix://{path}"}


@pytest.mark.parametrize("json", [(), ("--json",)], ids=["text", "json"])
def test_named_engine_never_falls_back(build: Build, dead: dict[str, str], json: tuple[str, ...]) -> None:
    station = build("local")
    done = station.run(station.variant("broken", *json, engine="docker"), env=dead)
    done.assert_panel(4, "No Docker engine answers", "Nobody listens there", "systemctl start docker", "--engine local")
    station.assert_nothing_left()


def test_auto_says_why_it_took_the_local_engine(build: Build, dead: dict[str, str]) -> None:
    station = build("local")
    done = station.run(station.variant("broken", "--json", engine="auto"), env=dead)
    assert (done.code, done.json["engine"]) == (0, "local"), done.err
    head = " ".join(done.err.partition("\n\n")[0].split())
    assert "on local" in head
    assert "because docker: No Docker engine answers" in head
    station.assert_nothing_left()


def test_clean_and_doctor_work_without_an_engine(build: Build, dead: dict[str, str]) -> None:
    station = build("local")
    assert station.run(["clean", "--json"], env=dead).json["leftovers"] == []
    done = station.run(["doctor", "--json"], env=dead)
    docker = next(each for each in done.json["checks"] if each["name"] == "docker engine")
    assert (done.code, docker["ok"], bool(docker["mend"])) == (0, False, True)


@AS_ROOT
@pytest.mark.docker
def test_no_permission_on_the_socket(build: Build) -> None:
    station = build("docker", user=ORDINARY)
    done = station.run(station.variant("broken", "--json"), env={"DOCKER_HOST": f"unix://{engine_socket()}"})
    done.assert_panel(4, "No permission", "usermod -aG docker", "--engine local")


@pytest.mark.docker
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "step", ["on Docker", "1/8", "Building the image", "Starting PostgreSQL", "Start the app", "Watch what", "Prove it"]
)
def test_engine_that_goes_away_in_mid_run(build: Build, step: str) -> None:
    station = build("docker")
    with Relay(station.folder / "relay.sock") as relay:
        going = station.start(station.variant("fixed", "-v", "--json"), env={"DOCKER_HOST": relay.host})
        assert going.until(step), "".join(going.said)
        relay.cut()
        done = going.finish()
    done.assert_panel(4, "Docker engine", "incidentlab clean" if step != "on Docker" else "")
    assert station.records() == []
    # The engine has come back.
    assert station.run(["clean"]).code == 0
    station.assert_nothing_left()


@pytest.mark.docker
def test_base_image_that_is_not_to_be_had(build: Build) -> None:
    station = build("docker")
    station.scenario(base="localhost:1/no-such-image:1")
    done = station.run(station.variant("broken", "--json"))
    done.assert_panel(4, "localhost:1/no-such-image:1", "docker pull localhost:1/no-such-image:1", "--engine local")
    station.assert_nothing_left()


@pytest.mark.docker
def test_database_image_that_is_no_database(build: Build) -> None:
    station = build("docker")
    station.scenario(image="python:3.11-slim")
    done = station.run(station.variant("broken", "--json"))
    done.assert_panel(4, "PostgreSQL")
    station.assert_nothing_left()


def test_step_of_the_build_that_fails(station: Station) -> None:
    station.scenario(extra="RUN exit 3")
    done = station.run(station.variant("broken", "--json"))
    done.assert_panel(4, "Dockerfile.crash", "5", "RUN exit 3")
    station.assert_nothing_left()


def test_package_that_does_not_exist(station: Station) -> None:
    station.scenario(extra="RUN pip install --no-index no-such-package-of-ours==1.0")
    done = station.run(station.variant("broken", "--json"))
    done.assert_panel(4, "no-such-package-of-ours", "Dockerfile.crash", "5")
    station.assert_nothing_left()


def test_line_that_the_local_engine_cannot_carry_out(build: Build) -> None:
    station = build("local")
    station.scenario(extra="RUN apt-get update && apt-get install -y cowsay")
    done = station.run(station.variant("broken", "--json"))
    done.assert_panel(4, "Dockerfile.crash:5", "apt-get", "--engine docker")
    station.assert_nothing_left()


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "settings", [{"shared_buffers": "64TB"}, {"no_such_parameter": "1"}], ids=["absurd", "unknown"]
)
def test_database_that_never_gets_ready(station: Station, settings: dict[str, str]) -> None:
    station.scenario(settings=settings)
    done = station.run(station.variant("broken", "--json"))
    done.assert_panel(4, "PostgreSQL", next(iter(settings)))
    station.assert_nothing_left()


def test_app_that_hangs_is_given_up(station: Station) -> None:
    done = station.run(station.variant("hung", "--timeout", "1", "--json"))
    assert (done.code, done.json["outcome"], done.json["met"]) == (3, "timeout", False), done.err
    assert "Traceback" not in done.err
    station.assert_nothing_left()


def test_port_of_the_image_that_is_taken_here_is_no_matter(station: Station) -> None:
    """The app gets a port of the kernel's choice, on this machine's loopback."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8000))
            taken.listen()
        except OSError:
            pass  # somebody else has taken it, which serves as well
        done = station.run(station.variant("fixed", "--json"))
    assert (done.code, done.json["met"]) == (0, True), done.err
    station.assert_nothing_left()


@pytest.fixture
def small_home(station: Station) -> Iterator[Station]:
    """Two megabytes as this station's home, beside its caches."""
    asked = ["mount", "-t", "tmpfs", "-o", "size=2m", "weather", str(station.home)]
    cache = (station.home / "cache").readlink()
    mounted = subprocess.run(asked, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    (station.home / "cache").symlink_to(cache)
    yield station
    subprocess.run(["umount", "-l", str(station.home)], check=True)


@AS_ROOT
@pytest.mark.timeout(400)
def test_disk_that_is_full_when_the_record_is_written(small_home: Station) -> None:
    going = small_home.start(small_home.variant("fixed", "-v", "--json"))
    assert going.until("Watch what"), "".join(going.said)
    _fill(small_home.home)
    done = going.finish()
    done.assert_panel(4, "disk is full", "INCIDENTLAB_HOME=", "runs rm")
    small_home.assert_nothing_left()
    assert small_home.records() == []


@AS_ROOT
def test_disk_that_is_full_from_the_beginning(small_home: Station) -> None:
    _fill(small_home.home)
    done = small_home.run(small_home.variant("fixed", "--json"))
    done.assert_panel(4, "INCIDENTLAB_HOME=")
    small_home.assert_nothing_left()


def _fill(folder: Path) -> None:
    with (folder / "ballast").open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def test_results_that_cannot_be_written_to_stdout(build: Build) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    station = build("local")
    with Path("/dev/full").open("w") as full:
        done = station.run(["scenarios", "list", "--json"], stdout=full)
    done.assert_panel(4, "stdout")


def test_home_that_cannot_be_written(station: Station) -> None:
    shutil.rmtree(station.home)
    station.home.write_text("a file where a folder is wanted", "utf-8")
    done = station.run(station.variant("broken", "--json"))
    done.assert_panel(4, "INCIDENTLAB_HOME=")
    assert list(station.temporary.iterdir()) == []
    assert station.processes() == station.in_docker() == []


def test_temporary_folder_that_is_not_there(station: Station) -> None:
    station.temporary.chmod(0o500)
    done = station.run(station.variant("broken", "--json"), env={"TMPDIR": str(station.folder / "none")})
    assert done.code in (0, 4), done.err  # Python takes /tmp where TMPDIR cannot be used
    assert "Traceback" not in done.err
    station.assert_nothing_left()
