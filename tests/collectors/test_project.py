"""The project collector: revision graphs as people write them, whole or broken, and nothing of them is run."""

import ast
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.collectors import _revision_text, project
from incidentlab.errors import UsageError
from incidentlab.resources import bundled_root

TEMPLATE = '''"""{message}

Revision ID: {revision}
Revises: {parent}
Create Date: 2026-01-01 10:00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa

revision: str = "{revision}"
down_revision: Union[str, Sequence[str], None] = {parent!r}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "{table}",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.create_table("gone")
'''


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def revision(name: str, parent: object = None, table: str = "t", message: str = "m") -> str:
    return TEMPLATE.format(revision=name, parent=parent, table=table, message=message)


def ini(location: str, more: str = "") -> str:
    return f"[alembic]\nscript_location = {location}\nsqlalchemy.url = postgresql://u:p%40@h/d\n{more}"


def test_the_bundled_service_is_read_as_it_is() -> None:
    facts = project.read(bundled_root(), dockerfile="scenarios/missing-migrations/Dockerfile.broken")
    assert len(facts.migrations) >= 2
    assert len(facts.heads) == 1
    assert any("tasks" in one.creates_tables for one in facts.migrations)
    assert facts.dockerfile
    assert facts.dockerfile.path == "scenarios/missing-migrations/Dockerfile.broken"
    assert facts.dockerfile.start_line
    assert facts.dockerfile.text.split("\n")[facts.dockerfile.start_line - 1].startswith('CMD ["uvicorn"')
    assert facts.unread == ()


@pytest.mark.parametrize(
    "config",
    [
        {"alembic.ini": ini("%(here)s/db")},
        {"alembic.ini": ini("db")},
        {"alembic.ini": ini("elsewhere", "version_locations = %(here)s/db/versions\n")},
        {"alembic.ini": ini("app:db")},
        {"deploy/alembic.ini": ini("%(here)s/../db")},
        {"pyproject.toml": '[tool.alembic]\nscript_location = "%(here)s/db"\n'},
        {"pyproject.toml": "[tool.black]\n", "alembic.ini": ini("db")},
        {"db/alembic.ini": "[alembic]\n", "db/env.py": ""},
        {"db/env.py": "raise SystemExit('env.py was run')"},
    ],
    ids=["here", "relative", "versions", "package", "below", "pyproject", "both", "flask", "no configuration"],
)
@pytest.mark.parametrize("relative", [False, True], ids=["in full", "from here"])
def test_the_migrations_are_found_however_they_are_configured(
    tmp_path: Path, config: dict[str, str], relative: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = "app/db" if "app:db" in str(config) else "db"
    write(tmp_path, {**config, f"{folder}/versions/a.py": revision("a"), f"{folder}/versions/b.py": revision("b", "a")})
    monkeypatch.chdir(tmp_path.parent)
    facts = project.read(Path(tmp_path.name) if relative else tmp_path, name="app")
    assert facts.id == "project:app"
    assert [(one.revision, one.down_revisions) for one in facts.migrations] == [("a", ()), ("b", ("a",))]
    assert facts.heads == ("b",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("revision = 'x'\ndown_revision = None\n", ()),
        ("revision = 'x'\ndown_revision = 'a'  # why\n", ("a",)),
        ("revision = 'x'\ndown_revision = ('b', 'a')\n", ("a", "b")),
        ("revision = 'x'\ndown_revision: tuple[str, ...] = (\n    'a',\n    'b',\n)\n", ("a", "b")),
        ("down_revision = 'a'\nrevision = 'x'\n", ("a",)),
        ("revision = down_revision = 'x'\n", ("x",)),
        ("revision = 'x'\n", ()),
        ("revision = 'x'\ndown_revision = compute()\n", ()),
        ('"""revision = \'y\'\ndown_revision = \'z\'\n"""\nrevision = "x"\ndown_revision = "a"\n', ("a",)),
        ("#!/usr/bin/env python\nrevision = 'x'\r\ndown_revision = 'a'\r\n", ("a",)),
        ("def upgrade():\n    pass\n\nrevision = 'x'\ndown_revision = 'a'\n", ("a",)),
        ("NOTE = '''\nrevision = 'y'\n'''\nrevision = 'x'\ndown_revision = 'a'\n", ("a",)),
    ],
)
def test_revision_and_parents_in_every_form(tmp_path: Path, text: str, expected: tuple[str, ...]) -> None:
    write(tmp_path, {"alembic.ini": ini("db"), "db/versions/x.py": text})
    (one,) = project.read(tmp_path).migrations
    assert (one.revision, one.down_revisions) == ("x", expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('op.create_table("a", x)', ("a",)),
        ("op.create_table(\n        'a',\n    )\n    op.create_table('b')", ("a", "b")),
        ('# op.create_table("a")\n    pass', ()),
        ("op.create_table(NAME)", ("named",)),
        ('op.create_table(table_name="a")', ("a",)),
        ('op.execute("CREATE TABLE IF NOT EXISTS crm.a (id int)")', ("crm.a",)),
        ("pass", ()),
    ],
)
def test_the_tables_are_those_that_upgrade_creates(tmp_path: Path, body: str, expected: tuple[str, ...]) -> None:
    text = f"revision = 'x'\ndown_revision = None\nNAME = 'named'\n\n\ndef upgrade():\n    {body}\n\n\n"
    text += "def downgrade():\n    op.create_table('gone')\n"
    write(tmp_path, {"alembic.ini": ini("db"), "db/versions/x.py": text})
    (one,) = project.read(tmp_path).migrations
    assert one.creates_tables == expected


def test_cycles_missing_parents_and_several_heads_are_given_as_written(tmp_path: Path) -> None:
    edges = {"a": "c", "b": "a", "c": "b", "d": "nowhere", "e": "d", "f": "d"}
    files = {f"db/versions/{name}.py": revision(name, parent) for name, parent in edges.items()}
    facts = project.read(write(tmp_path, {"alembic.ini": ini("db"), **files}))
    assert len(facts.migrations) == 6
    assert facts.heads == ("e", "f")


def test_what_cannot_be_read_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    files = {"db/versions/a.py": revision("a"), "db/versions/b.py": "revision = (", "db/versions/c.py": "\x00revision"}
    facts = project.read(write(tmp_path, {"alembic.ini": ini("db"), **files}), dockerfile="Dockerfile.prod")
    assert facts.heads == ("a",)
    assert [line.split()[0] for line in facts.unread] == ["db/versions/b.py", "db/versions/c.py", "Dockerfile.prod"]


@pytest.mark.parametrize("text", ["no section\n", "[alembic\n", "[alembic]\nscript_location = %(nowhere)s/x\n", "\x00"])
def test_a_broken_configuration_is_no_crash(tmp_path: Path, text: str) -> None:
    facts = project.read(write(tmp_path, {"alembic.ini": text}))
    assert facts.migrations == ()


def test_a_folder_without_migrations_has_none_and_a_file_is_refused(tmp_path: Path) -> None:
    facts = project.read(tmp_path)
    assert (facts.migrations, facts.heads, facts.script_location, facts.dockerfile) == ((), (), "", None)
    with pytest.raises(UsageError):
        project.read(tmp_path / "nothing")


def test_scripts_and_the_dockerfile_are_kept_without_secrets(tmp_path: Path) -> None:
    files = {"docker/entrypoint.sh": "export API_TOKEN=abcdef123456\n", "Dockerfile": 'FROM a\nCMD ["x"]\n'}
    facts = project.read(write(tmp_path, files))
    assert facts.dockerfile
    assert facts.dockerfile.start_line == 2
    (script,) = facts.scripts
    assert script.path == "docker/entrypoint.sh"
    assert "abcdef123456" not in script.text


def test_the_name_that_people_know_stands_for_the_contexts_dockerfile(tmp_path: Path) -> None:
    facts = project.read(write(tmp_path, {"Dockerfile": "FROM a\nCMD x\n"}), dockerfile="Dockerfile.broken")
    assert facts.dockerfile
    assert (facts.dockerfile.path, facts.dockerfile.start_line) == ("Dockerfile.broken", 2)


_WORD = st.from_regex(r"[a-zA-Z0-9_]{1,20}", fullmatch=True)


@given(_WORD, st.one_of(st.none(), _WORD), st.text(st.characters(exclude_characters="\\\"'\r", codec="utf-8")))
def test_the_quick_way_and_the_parser_agree(name: str, parent: str | None, message: str) -> None:
    source = TEMPLATE.format(revision=name, parent=parent, table="t", message=f"m {message}")
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return
    quick, slow = _revision_text.by_search(source), _revision_text.by_syntax(source)
    if quick is not None:
        assert slow is not None
        assert (quick.revision, quick.parents) == (slow.revision, slow.parents)


@pytest.mark.slow
def test_five_thousand_revisions_cost_little_more_each_than_reading_their_files(tmp_path: Path) -> None:
    """Held against Python's own parser in the same run: all of it costs less than parsing every file would."""
    count = 1500
    files = {f"db/versions/r{n}.py": revision(f"r{n}", f"r{n - 1}" if n else None, f"t{n}") for n in range(count)}
    write(tmp_path, {"alembic.ini": ini("db"), **files})
    began = perf_counter()
    for path in sorted((tmp_path / "db" / "versions").iterdir()):
        ast.parse(path.read_text())
    parsed = perf_counter() - began
    began = perf_counter()
    facts = project.read(tmp_path)
    assert perf_counter() - began < parsed
    assert (len(facts.migrations), facts.heads) == (count, (f"r{count - 1}",))
