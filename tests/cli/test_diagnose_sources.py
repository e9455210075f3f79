"""Diagnosing what a person has: options, formats, exit codes, and a word on whatever cannot be meant."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from incidentlab import schemas
from tests.cli.diagnosing import CERTAIN, HEALTHY, LIKELY, diagnose

pytestmark = pytest.mark.usefixtures("fresh_home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with a log of each kind."""
    for name, text in (("certain", CERTAIN), ("likely", LIKELY), ("healthy", HEALTHY)):
        (tmp_path / f"{name}.log").write_text(text)
    return tmp_path


def test_a_log_gets_its_cause_with_line_and_command(folder: Path) -> None:
    done = diagnose("--logs", "certain.log", cwd=folder)
    assert done.code == 0, done.err
    assert done.out.split()[0] == "INCIDENT"
    assert "port-conflict" in done.out
    assert "line 2" in done.out
    assert done.err == ""


def test_the_json_is_by_its_schema_and_names_file_and_sources(folder: Path) -> None:
    document = diagnose("--logs", "certain.log", "--json", cwd=folder).json
    schema = json.loads(schemas.path("diagnosis").read_text(encoding="utf-8"))
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(document)
    assert document["sources"] == [{"kind": "log", "name": "certain.log", "detail": "3 lines", "read": True}]
    (link, *_) = document["findings"][0]["evidence"]
    assert (link["file"], link["line"]) == ("certain.log", 2)


def test_sarif_lies_at_the_line(folder: Path) -> None:
    (result,) = diagnose("--logs", folder / "certain.log", "--format", "sarif", cwd=folder).json["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "certain.log"
    assert result["level"] == "error"


def test_several_sources_get_one_diagnosis(folder: Path) -> None:
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "migrations" / "versions" / "a.py").write_text('revision = "a1"\ndown_revision = None\n')
    words = ["--logs", "certain.log", "--logs", "healthy.log", "--project", ".", "--json"]
    document = diagnose(*words, cwd=folder).json
    assert [each["kind"] for each in document["sources"]] == ["log", "log", "project"]
    assert document["sources"][2]["detail"] == "1 revision, head a1"
    assert [each["cause"] for each in document["findings"]] == ["port-conflict"]


def test_two_logs_of_one_name_are_told_apart(folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "certain.log").write_text(HEALTHY + CERTAIN)
    document = diagnose("--logs", "certain.log", "--logs", "old/certain.log", "--json", cwd=folder).json
    assert [each["name"] for each in document["sources"]] == ["certain.log", "old/certain.log"]
    files = {(link["file"], link["line"]) for each in document["findings"] for link in each["evidence"]}
    assert files <= {("certain.log", 2), ("certain.log", 3), ("old/certain.log", 4), ("old/certain.log", 5)}


@pytest.mark.parametrize(
    ("log", "threshold", "code"),
    [
        ("certain", "never", 0),
        ("certain", "certain", 1),
        ("certain", "likely", 1),
        ("certain", "possible", 1),
        ("likely", "certain", 0),
        ("likely", "likely", 1),
        ("healthy", "possible", 0),
    ],
)
def test_fail_on_is_an_exit_code_and_nothing_else(folder: Path, log: str, threshold: str, code: int) -> None:
    plain = diagnose("--logs", f"{log}.log", cwd=folder)
    gated = diagnose("--logs", f"{log}.log", "--fail-on", threshold, cwd=folder)
    assert (gated.code, gated.out, gated.err) == (code, plain.out, plain.err)


@pytest.mark.parametrize(("file", "begins"), [("a.json", "{"), ("a.sarif", "{"), ("a.txt", "  INCIDENT")])
def test_a_file_is_written_whole_in_the_format_of_its_ending(folder: Path, file: str, begins: str) -> None:
    (folder / "out").mkdir()
    done = diagnose("--logs", "certain.log", "-o", f"out/{file}", cwd=folder)
    assert (done.code, done.out) == (0, "")
    assert (folder / "out" / file).read_text().startswith(begins)
    assert [path.name for path in (folder / "out").iterdir()] == [file]


def test_verbose_shows_prevention_and_links(folder: Path) -> None:
    out = diagnose("--logs", "certain.log", "-v", cwd=folder).out
    assert "How to prevent it" in out
    assert "https://" in out


@pytest.mark.parametrize("env", [{"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_no_colour_means_no_escape(folder: Path, env: dict[str, str]) -> None:
    done = diagnose("--logs", "certain.log", cwd=folder, env=env)
    assert "\x1b" not in done.out + done.err


WRONG = {
    "run and source": (["20260101", "--logs", "certain.log"], ["cannot be diagnosed together", "leave the run out"]),
    "a file for a run": (["certain.log"], ["is no run but a file", "--logs certain.log"]),
    "a folder for a run": (["."], ["--project ."]),
    "a compose file for a run": (["compose.yaml"], ["--compose compose.yaml"]),
    "a URL for a run": (["postgresql://u@h/d"], ["--database-url"]),
    "stdin for a run": (["-"], ["--logs -"]),
    "nothing": ([], ["no source was named", "--logs app.log", "incidentlab run broken"]),
    "format": (["--logs", "certain.log", "--format", "html"], ["text, json, sarif"]),
    "two formats": (["--logs", "certain.log", "--format", "sarif", "--json"], ["two formats"]),
    "threshold": (["--logs", "certain.log", "--fail-on", "sure"], ["possible, likely, certain"]),
    "no log": (["--logs", "certian.log"], ["There is no file certian.log", "certain.log"]),
    "a folder for a log": (["--logs", "."], ["is a folder", "--project ."]),
    "no variable": (["--database-url", "env:NOWHERE_SET"], ["NOWHERE_SET is not set"]),
    "no URL file": (["--database-url", "file:nowhere"], ["There is no file nowhere"]),
    "empty URL file": (["--database-url", "file:empty"], ["empty is empty"]),
    "empty URL": (["--database-url", ""], ["--database-url is empty"]),
    "no URL": (["--database-url", "mysql://u:pw123456@h/d"], ["PostgreSQL"]),
    "consent to nothing": (["--logs", "certain.log", "--ask-database"], ["--container NAME --ask-database"]),
    "no project": (["--project", "nowhere"], ["nowhere"]),
    "no compose": (["--compose", "nowhere.yaml"], ["nowhere.yaml"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_meant_is_refused_with_what_could(folder: Path, case: str) -> None:
    (folder / "compose.yaml").write_text("services: {}\n")
    (folder / "empty").touch()
    words, said = WRONG[case]
    done = diagnose(*words, cwd=folder)
    done.assert_panel(2, *said)
    assert "pw123456" not in done.err


def test_a_pipe_without_its_option_is_offered_it() -> None:
    diagnose(stdin=CERTAIN.encode()).assert_panel(2, "incidentlab diagnose --logs -")


def test_a_source_that_cannot_be_read_does_not_hide_the_others(folder: Path) -> None:
    words = ["--logs", "nowhere.log", "--logs", "certain.log", "--project", "nowhere", "--json"]
    done = diagnose(*words, cwd=folder)
    assert done.code == 0, done.err
    assert [each["read"] for each in done.json["sources"]] == [False, True, False]
    assert [each["cause"] for each in done.json["findings"]] == ["port-conflict"]
    assert any("nowhere.log" in each for each in done.json["missing"])


def test_a_log_needs_no_engine_no_driver_and_no_templates(folder: Path) -> None:
    heavy = {"docker", "requests", "sqlalchemy", "alembic", "psycopg", "pydantic", "jinja2", "yaml"}
    for kind in ("text", "json", "sarif"):
        words = ["diagnose", "--logs", str(folder / "certain.log"), "--format", kind]
        code = (
            "import sys; from incidentlab.__main__ import main\n"
            f"main({words!r})\n"
            f"print(','.join(sorted({heavy!r} & set(sys.modules))), file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        # Typer itself loads pydantic for parameters in some versions.
        assert set(done.stderr.strip().split(",")) <= {"", "pydantic"}


def test_a_url_may_come_from_the_environment_or_a_file(folder: Path) -> None:
    url = "postgresql://shop:tops3cret!@127.0.0.1:1/shop"
    (folder / "url").write_text(f"{url}\n")
    for words in (["env:SHOP_URL"], ["file:url"], [url]):
        done = diagnose("--database-url", *words, "--json", cwd=folder, env={"SHOP_URL": url})
        done.assert_calm()
        (source,) = done.json["sources"]
        assert (done.code, source["name"], source["read"]) == (0, "shop", False)
        assert "tops3cret" not in done.out + done.err


@pytest.mark.parametrize("line", ["[bold]x[/bold] [/oops]", "\x1b[2J\x1b]0;x\x07", "\u202eabc", "{0} %s $(id)"])
def test_a_log_line_stays_text(folder: Path, line: str) -> None:
    (folder / "odd.log").write_text(CERTAIN.replace("address already", f"{line} address already"))
    done = diagnose("--logs", "odd.log", cwd=folder)
    assert done.code == 0
    done.assert_calm()
    assert not set(done.out) & {"\x1b", "\x07", "\u202e"}
    if line.isascii() and line.isprintable():
        assert "".join(line.split()) in "".join(done.out.split())


@pytest.mark.parametrize(("words", "one"), [("--format s", "sarif"), ("--fail-on l", "likely")])
def test_a_shell_completes_words(words: str, one: str) -> None:
    option, _, begun = words.partition(" ")
    env = {**os.environ, "_INCIDENTLAB_COMPLETE": "complete_bash", "COMP_CWORD": "3"}
    env["COMP_WORDS"] = f"incidentlab diagnose {option} {begun}"
    done = subprocess.run(
        [sys.executable, "-c", "from incidentlab.cli.app import app; app(prog_name='incidentlab')"],
        capture_output=True, text=True, check=False, env=env,
    )  # fmt: skip
    assert done.stdout.split() == [one]


def test_completing_a_container_is_quick_without_an_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from incidentlab.cli import _nearby

    for host in (f"unix://{tmp_path}/nothing.sock", "tcp://192.0.2.1:2375", "ssh://nowhere"):
        monkeypatch.setenv("DOCKER_HOST", host)
        assert _nearby.complete_containers("") == []
        assert _nearby.complete_projects("") == []
