"""Drivers that are not in the image, and libraries that a program does without."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.causes import diagnose
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, evidence, probe, project

find = causes.get("missing-driver").find
TRACEBACK = """Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/sqlalchemy/dialects/postgresql/psycopg2.py", line 690, in import_dbapi
    import psycopg2
ModuleNotFoundError: No module named 'psycopg2'"""
END = "ERROR:    Application startup failed. Exiting."

_STACKS = [
    TRACEBACK,
    "django.core.exceptions.ImproperlyConfigured: Error loading psycopg2 or psycopg module",
    "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres",
    "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgresql.psycopg",
    "sqlalchemy.exc.InvalidRequestError: The asyncio extension requires an async driver to be used. The loaded "
    "'psycopg2' is "
    "not async.",
    "ImportError: libpq.so.5: cannot open shared object file: No such file or directory",
    "ImportError: no pq wrapper available.\n- couldn't import psycopg 'binary' implementation: No module named "
    "'psycopg_binary'",
    "java.sql.SQLException: No suitable driver found for jdbc:postgresql://db:5432/app",
    "Error: Please install pg package manually",
    "Error: Cannot find module 'pg'",
    "Gem::LoadError: Specified 'postgresql' for database adapter, but the gem is not loaded. Add `gem 'pg'` to "
    "your Gemfile",
    "PDOException: could not find driver",
    "psycopg2.OperationalError: SCRAM authentication requires libpq version 10 or above",
    "Error loading shared library libssl.so.1.1: No such file or directory (needed by /app/libquery_engine.so.node)",
]


@pytest.mark.parametrize("text", _STACKS)
@pytest.mark.parametrize("prefix", ["", "web-1  | "])
def test_every_languages_words_are_known(text: str, prefix: str) -> None:
    log = "\n".join(prefix + line for line in text.split("\n"))
    diagnosis = diagnose(evidence(app_log(log)))
    assert [(one.cause, one.confidence) for one in diagnosis.findings] == [("missing-driver", "likely")]
    assert diagnosis.findings[0].mend


def test_an_import_that_ended_the_program_is_certain() -> None:
    for facts in ((app_log(f"{TRACEBACK}\n\n{END}"),), (app_log(TRACEBACK), container(exit_code=1))):
        found = find(evidence(*facts))
        assert isinstance(found, Finding)
        assert (found.confidence, found.missing) == ("certain", ())
        assert "psycopg2" in found.summary


def test_a_url_of_another_name_stays_likely_and_says_which() -> None:
    text = "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres"
    found = find(evidence(app_log(text), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert "postgresql+psycopg://" in found.mend[0].text


@pytest.mark.parametrize(("absent", "other"), [("psycopg2", "psycopg"), ("psycopg", "psycopg2")])
def test_the_mend_names_the_other_driver_because_a_bare_url_means_either(absent: str, other: str) -> None:
    """SQLAlchemy 2.1 changed what postgresql:// means: an image with psycopg2 alone lacks psycopg after it."""
    found = find(evidence(app_log(f"ModuleNotFoundError: No module named '{absent}'"), container(exit_code=1)))
    assert isinstance(found, Finding)
    named = next(mend for mend in found.mend if "Or name the driver" in mend.text)
    assert f"postgresql+{other}://" in named.text
    assert "2.1" in named.why


def test_the_dockerfile_is_shown_where_it_is_known() -> None:
    found = find(evidence(app_log(TRACEBACK), project("tasks", dockerfile="FROM python:3.12\nCMD python main.py\n")))
    assert isinstance(found, Finding)
    assert "project:app" in [link.fact for link in found.evidence]


@pytest.mark.parametrize(
    "facts",
    [
        (app_log(f"{TRACEBACK}\nINFO:     Uvicorn running on http://0.0.0.0:8000"),),
        (app_log(TRACEBACK), probe(200)),
    ],
    ids=["serves", "probe"],
)
def test_a_program_that_works_without_it_is_ruled_out(facts: tuple[object, ...]) -> None:
    said = find(evidence(*facts))  # type: ignore[arg-type]  # pytest's parameters have no types
    assert isinstance(said, RuledOut)


@pytest.mark.parametrize(
    "text",
    [
        "ModuleNotFoundError: No module named 'stripe'",
        "WARNING: optional speedups disabled: No module named 'psycopg_c'",
        "DEBUG: No module named 'asyncpg'",
        "Error: Cannot find module './pages'",
        "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:driver",
        "Collecting psycopg2-binary",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None


@pytest.mark.parametrize(("service", "compose"), [("app", True), ("", False)], ids=["of a project", "alone"])
def test_composes_commands_are_given_for_composes_containers_only(service: str, compose: bool) -> None:
    dead = dataclasses.replace(container(exit_code=1), service=service)
    found = find(evidence(app_log("ModuleNotFoundError: No module named 'psycopg2'"), dead))
    assert isinstance(found, Finding)
    assert any("docker compose build" in mend.text for mend in found.mend) is compose


@pytest.mark.parametrize(
    ("log", "wanted", "unwanted"),
    [
        ("django.core.exceptions.ImproperlyConfigured: Error loading psycopg2 module: libffi is missing",
         "psycopg2-binary", "psycopg[binary]"),
        ("django.core.exceptions.ImproperlyConfigured: Error loading psycopg2 or psycopg module",
         "psycopg[binary]", "psycopg2-binary"),
        ("psycopg2.OperationalError: SCRAM authentication requires libpq version 10 or above",
         "--upgrade psycopg2-binary", "libpq5"),
        ("PG::ConnectionBad: SCRAM authentication requires libpq version 10 or above", "newer base image", "pip "),
        ("org.postgresql.util.PSQLException: The authentication type 10 is not supported.", "42.2.0", "libpq"),
        ("    at node_modules/pg/connection.js\nError: Unknown authenticationOk message type", "pg@latest", "libpq"),
    ],
)  # fmt: skip
def test_what_is_installed_is_what_this_stack_can_use(log: str, wanted: str, unwanted: str) -> None:
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert wanted in found.mend[0].text
    assert unwanted not in "\n".join(mend.text for mend in found.mend)


def test_no_container_and_no_service_is_made_up() -> None:
    found = find(evidence(app_log("ModuleNotFoundError: No module named 'psycopg2'")))
    assert isinstance(found, Finding)
    assert found.mend[-1].text == "Build the image again, and make the container new from it."


def test_a_driver_that_is_too_old_is_not_said_to_be_missing() -> None:
    text = "psycopg2.OperationalError: SCRAM authentication requires libpq version 10 or above"
    found = causes.get("missing-driver").find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "cannot be loaded" not in found.evidence[0].claim
    assert "libpq5" not in "\n".join(one.text for one in found.mend)
