"""Settings are found where people put them, and a bad one is named without being shown."""

from pathlib import Path

import pytest

from taskmanager import config
from taskmanager.config import ConfigurationError, Settings, parse_database_url

ADDRESS = "postgresql://somebody:s3cret@db:5432/tasks"


@pytest.mark.parametrize(
    "scheme",
    ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg", "postgres+any"],
)
def test_every_spelling_means_psycopg(scheme: str) -> None:
    url = parse_database_url(f" {scheme}://somebody:s3cret@db:5432/tasks\n")
    assert url.render_as_string(hide_password=False) == "postgresql+psycopg://somebody:s3cret@db:5432/tasks"


@pytest.mark.parametrize(
    "text", ["s3cret", "mysql://somebody:s3cret@db/tasks", "sqlite:///s3cret", "postgresql://u:p@db:s3cret/tasks"]
)
def test_an_address_of_no_use_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as caught:
        parse_database_url(text)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_settings_do_not_print_the_password() -> None:
    assert "s3cret" not in repr(Settings.read({"DATABASE_URL": ADDRESS}))


@pytest.mark.parametrize("values", [{}, {"DATABASE_URL": ""}])
def test_a_missing_address_is_named(values: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL is not set"):
        Settings.read(values)


@pytest.mark.parametrize("text", ["0", "-1", "1000", "many", "²", "9" * 5000])
def test_a_number_out_of_bounds_is_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_POOL_SIZE"):
        Settings.read({"DATABASE_URL": ADDRESS, "DATABASE_POOL_SIZE": text})


def test_numbers_are_read_and_have_defaults() -> None:
    settings = Settings.read({"DATABASE_URL": ADDRESS, "DATABASE_POOL_SIZE": "7"})
    assert (settings.pool_size, settings.connect_timeout) == (7, 3)


def test_the_environment_wins_over_env_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service, here = tmp_path / "service", tmp_path / "here"
    for folder in (service, here):
        folder.mkdir()
        (folder / ".env").write_text(f"DATABASE_URL=postgresql://db/{folder.name}\n")
    monkeypatch.setattr(config, "SERVICE_FOLDER", service)
    monkeypatch.chdir(here)
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/environment")
    assert Settings.load().database_url.database == "environment"
    monkeypatch.delenv("DATABASE_URL")
    assert Settings.load().database_url.database == "here"
    (here / ".env").unlink()
    assert Settings.load().database_url.database == "service"
