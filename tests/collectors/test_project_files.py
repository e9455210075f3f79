"""Configurations, Dockerfiles and migrations as people keep them, sound and broken."""

import os
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.collectors import _dockerfiles, _revision_text, _upgrade_text, project
from incidentlab.engines._dockerignore import Ignore
from tests.collectors.test_project import ini, revision, write

ALEMBIC = {"alembic.ini": ini("db"), "db/env.py": ""}


@pytest.mark.parametrize(
    ("head", "labels", "depends"),
    [
        ("branch_labels = None\ndepends_on = None\n", (), ()),
        ("branch_labels = 'billing'\ndepends_on = 'z'\n", ("billing",), ("z",)),
        ("branch_labels = ('billing', 'api')\ndepends_on = ['z', 'y']\n", ("api", "billing"), ("y", "z")),
        ("branch_labels: str | None = 'billing'\ndepends_on: list[str] = [\n    'z',\n]\n", ("billing",), ("z",)),
        ("", (), ()),
    ],
)
def test_labels_and_dependencies_are_read(
    tmp_path: Path, head: str, labels: tuple[str, ...], depends: tuple[str, ...]
) -> None:
    write(tmp_path, {**ALEMBIC, "db/versions/a.py": f"revision = 'a'\ndown_revision = None\n{head}"})
    (one,) = project.read(tmp_path).migrations
    assert (one.branch_labels, one.depends_on) == (labels, depends)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("NAME = 'a'\nrevision = f'{NAME}1'\ndown_revision = None\n", "computes its revision"),
        ("import x\nrevision = x.make()\ndown_revision = None\n", "computes its revision"),
        ("revision = 'a'\ndown_revision = LATEST\n", "computes its down_revision"),
    ],
)
def test_what_only_running_it_would_tell_is_said(tmp_path: Path, head: str, said: str) -> None:
    facts = project.read(write(tmp_path, {**ALEMBIC, "db/versions/a.py": head}))
    assert [line for line in facts.unread if said in line and line.startswith("db/versions/a.py ")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('op.add_column("tasks", sa.Column("due", sa.Date()))', (("tasks", "due"),)),
        ('op.add_column(\n        "tasks",\n        sa.Column(\n            "due", sa.Date()\n        )\n    )',
         (("tasks", "due"),)),
        ("op.add_column('tasks', Column('due', Date()), schema='crm')", (("tasks", "due"),)),
        ("op.add_column('tasks', sqlalchemy.Column(name='due'))", (("tasks", "due"),)),
        ("op.add_column(table_name='tasks', column=sa.Column('due'))", (("tasks", "due"),)),
        ("with op.batch_alter_table('tasks', schema=None) as batch_op:\n        batch_op.add_column(sa.Column('due'))\n"
         "        batch_op.add_column(sa.Column('note'))\n    op.add_column('t', sa.Column('x'))",
         (("tasks", "due"), ("tasks", "note"), ("t", "x"))),
        ('op.execute("""\nALTER TABLE ONLY tasks\n  ADD COLUMN IF NOT EXISTS due date\n""")', (("tasks", "due"),)),
        ('op.execute("ALTER TABLE tasks ADD CONSTRAINT c CHECK (true)")', ()),
        ("# op.add_column('tasks', sa.Column('due'))\n    pass", ()),
    ],
)  # fmt: skip
def test_the_columns_are_those_that_upgrade_adds(body: str, expected: tuple[tuple[str, str], ...]) -> None:
    source = f"revision = 'a'\n\n\ndef upgrade() -> None:\n    {body}\n\n\n"
    source += "def downgrade():\n    op.add_column('gone', sa.Column('x'))\n"
    assert _upgrade_text.made(source)[1] == expected


def test_sql_at_the_margin_belongs_to_upgrade() -> None:
    source = 'def upgrade():\n    op.execute("""\nCREATE TABLE a (id int);\nCREATE TABLE b (id int);\n""")\n\n\n'
    assert _upgrade_text.made(f"{source}def downgrade():\n    op.create_table('gone')\n")[0] == ("a", "b")


def test_two_files_of_one_revision_and_a_circle_are_told(tmp_path: Path) -> None:
    edges = (("a", "b"), ("b", "a"), ("c", None), ("c", None), ("d", "nowhere"))
    versions = {f"db/versions/{number}.py": revision(*edge) for number, edge in enumerate(edges)}
    facts = project.read(write(tmp_path, {**ALEMBIC, **versions}))
    assert facts.duplicates == ("c",)
    assert facts.cycles == (("a", "b"),)
    assert any("The revisions a, b build on each other in a circle" in one for one in facts.unread)
    assert facts.missing_parents == (("d", "nowhere"),)
    assert facts.heads == ("c", "d")
    assert (facts.tool, facts.configured_in) == ("alembic", "alembic.ini")


def test_folders_below_count_only_where_alembic_is_told_so(tmp_path: Path) -> None:
    files = {"db/versions/a.py": revision("a"), "db/versions/2025/b.py": revision("b", "a"), "db/versions/.#c.py": "x"}
    write(tmp_path, {**ALEMBIC, **files})
    assert project.read(tmp_path).heads == ("a",)
    write(tmp_path, {"alembic.ini": ini("db", "recursive_version_locations = true\n")})
    assert project.read(tmp_path).heads == ("b",)


@pytest.mark.parametrize(
    "config",
    [
        {"setup.cfg": "[metadata]\nname = x\n[alembic]\nscript_location = db\n"},
        {"alembic.ini": "[main]\nscript_location = db\n"},
        {"alembic.ini": ini("db", "[other]\nscript_location = elsewhere\n")},
        {"alembic.ini": "[DEFAULT]\n[other]\nscript_location = elsewhere\n[alembic]\nscript_location = db\n"},
    ],
)
def test_other_configurations_and_several_sections(tmp_path: Path, config: dict[str, str]) -> None:
    facts = project.read(write(tmp_path, {**config, "db/env.py": "", "db/versions/a.py": revision("a")}))
    assert facts.heads == ("a",)
    assert bool(facts.unread) == ("elsewhere" in str(config))


def test_every_dockerfile_is_read_and_the_one_that_counts_is_first(tmp_path: Path) -> None:
    names = ["docker/dev/Dockerfile", "deploy/Dockerfile.prod", "api.Dockerfile", "build/Dockerfile", "Containerfile"]
    aside = ["Dockerfile.dockerignore", "docker/README.md", "Dockerfile.j2", "node_modules/x/Dockerfile"]
    write(tmp_path, {name: f"FROM {number}\nCMD x\n" for number, name in enumerate(names + aside)})
    facts = project.read(tmp_path)
    assert [one.path for one in facts.dockerfiles] == [
        "Containerfile", "api.Dockerfile", "build/Dockerfile", "deploy/Dockerfile.prod", "docker/dev/Dockerfile",
    ]  # fmt: skip
    assert facts.dockerfile == facts.dockerfiles[0]
    assert project.read(tmp_path, dockerfile="deploy/Dockerfile.prod").dockerfiles[0].path == "deploy/Dockerfile.prod"
    write(tmp_path, {"Dockerfile": "FROM a\n"})
    assert project.read(tmp_path).dockerfiles[0].path == "Dockerfile"
    assert project.read(tmp_path, dockerfile="Dockerfile.broken").dockerfiles[0].path == "Dockerfile.broken"


@pytest.mark.parametrize(
    ("ignored", "expected"),
    [
        ("*.pyc\n", ()),
        ("db\n", ("db/versions/a.py", "db/versions/b.py")),
        ("**/versions\n!db/versions/b.py\n", ("db/versions/a.py",)),
        ("*.ini\n", ("alembic.ini",)),
        ("*\n!db\n", ("alembic.ini",)),
        ("# nothing\n", ()),
    ],
)
def test_what_the_image_lacks_is_named(tmp_path: Path, ignored: str, expected: tuple[str, ...]) -> None:
    files = {"db/versions/a.py": revision("a"), "db/versions/b.py": revision("b", "a"), "Dockerfile": "FROM a\n"}
    write(tmp_path, {**ALEMBIC, **files, ".dockerignore": ignored})
    assert project.read(tmp_path).left_out == expected


def test_a_dockerfile_may_have_an_ignore_file_of_its_own(tmp_path: Path) -> None:
    files = {".dockerignore": "db\n", "Dockerfile": "FROM a\n", "Dockerfile.dockerignore": "*.ini\n"}
    assert project.read(write(tmp_path, {**ALEMBIC, **files})).left_out == ("alembic.ini",)


_PATH = st.lists(st.sampled_from(["a", "b", "db", "x.py"]), min_size=1, max_size=4).map("/".join)
_PATTERN = st.tuples(st.sampled_from(["", "!"]), st.sampled_from(["*", "**/b", "a", "*.py", "**", "a/*", "db/x.py"]))


@given(st.lists(_PATH, max_size=6), st.lists(_PATTERN.map("".join), max_size=5))
def test_many_files_are_judged_as_each_alone(paths: list[str], patterns: list[str]) -> None:
    ignore = Ignore.of(patterns)
    assert list(_dockerfiles._kept_out(ignore, paths)) == [path for path in paths if ignore.keeps_out(path)]


def test_a_script_keeps_its_carriage_returns(tmp_path: Path) -> None:
    (tmp_path / "entrypoint.sh").write_bytes(b"#!/bin/sh\r\nexec uvicorn\r\n")
    (script,) = project.read(tmp_path).scripts
    assert script.text == "#!/bin/sh\r\nexec uvicorn\r\n"


FIRST = """
from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Task",
            fields=[("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=9))],
            options={"verbose_name": "t"},
        ),
        migrations.CreateModel(name="Label", fields=[], options={"db_table": "labels"}),
    ]
"""
SECOND = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial"), ("crm", "__first__")]
    operations = [
        migrations.AddField(model_name="task", name="due", field=models.DateField(null=True)),
        migrations.AddField("task", "owner", models.ForeignKey("auth.User", on_delete=models.CASCADE)),
        migrations.AddField(model_name='label', name='code', field=models.IntegerField(db_column="kod")),
        migrations.AddField(model_name='label', name='tasks', field=models.ManyToManyField(to="shop.task")),
    ]
"""


def test_djangos_migrations_are_read_in_every_app(tmp_path: Path) -> None:
    write(tmp_path, {
        "manage.py": "raise SystemExit", "shop/migrations/__init__.py": "",
        "shop/migrations/0001_initial.py": FIRST, "shop/migrations/0002_task_due.py": SECOND,
        "crm/migrations/0001_initial.py": "class Migration(migrations.Migration):\n    dependencies = []\n",
        "crm/migrations/helpers.py": "def help(): pass\n",
        "Dockerfile": "FROM a\n", ".dockerignore": "crm\n",
    })  # fmt: skip
    facts = project.read(tmp_path)
    assert facts.tool == "django"
    assert facts.heads == ("crm.0001_initial", "shop.0002_task_due")
    assert (facts.missing_parents, facts.cycles, facts.unread) == ((), (), ())
    by_name = {one.revision: one for one in facts.migrations}
    first, second = by_name["shop.0001_initial"], by_name["shop.0002_task_due"]
    assert (first.down_revisions, first.depends_on) == ((), ("auth.0012_alter_user",))
    assert first.creates_tables == ("shop_task", "labels")
    assert second.down_revisions == ("shop.0001_initial",)
    assert second.adds_columns == (("shop_task", "due"), ("shop_task", "owner_id"), ("labels", "kod"))
    assert facts.left_out == ("crm/migrations/0001_initial.py",)


def test_whatever_lies_in_the_folder_nothing_breaks(tmp_path: Path) -> None:
    write(tmp_path, {**ALEMBIC, "db/versions/a.py": revision("a"), "db/versions/deep.py": "revision = " + "(" * 5000})
    versions = tmp_path / "db" / "versions"
    (versions / "binary.py").write_bytes(b"\x7fELF revision" + bytes(range(256)) * 10)
    (versions / "large.py").write_bytes(revision("large", "a").encode() + b"# revision\n" * 1_000_000)
    (versions / "folder.py").mkdir()
    (versions / "round").symlink_to(tmp_path, target_is_directory=True)
    (versions / "gone.py").symlink_to(tmp_path / "nowhere")
    (versions / "circle.py").symlink_to(versions / "circle.py")
    os.mkfifo(versions / "pipe.py")
    os.mkfifo(tmp_path / "entrypoint.sh")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    began = perf_counter()
    facts = project.read(tmp_path)
    assert perf_counter() - began < 20
    assert facts.heads == ("large",)
    assert [line.split()[0] for line in facts.unread] == ["db/versions/binary.py", "db/versions/deep.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it_is_said(tmp_path: Path) -> None:
    write(tmp_path, {**ALEMBIC, "db/versions/a.py": revision("a"), "db/versions/b.py": revision("b", "a")})
    (tmp_path / "db/versions/b.py").chmod(0)
    facts = project.read(tmp_path)
    assert facts.heads == ("a",)
    assert facts.unread == ("db/versions/b.py could not be read: Permission denied.",)


@pytest.mark.parametrize("text", ["x = [\n" * 2000, "a" * 2_000_000, "[tool.alembic]\nscript_location = 5\n", "=\x00"])
def test_a_hostile_configuration_is_no_crash(tmp_path: Path, text: str) -> None:
    facts = project.read(
        write(tmp_path, {"alembic.ini": text, "pyproject.toml": f"# alembic\n{text}", "setup.cfg": text})
    )
    assert facts.migrations == ()


@given(st.text(st.sampled_from("op.add_column create_table(\"'\n#\\ALTER TABLEdef upgrade():"), max_size=400))
def test_any_text_is_read_in_its_time(text: str) -> None:
    _upgrade_text.made(f"def upgrade():\n    {text}")


def test_hostile_lines_do_not_slow_the_search_down() -> None:
    began = perf_counter()
    for piece in ("op.add_column(" + " " * 5000, "sa.Column(", "batch_alter_table('a'", "CREATE TABLE IF NOT EXISTS ",
                  "revision = '", "ALTER TABLE a ADD COLUMN ", "revision: " + "a" * 200, " " * 300 + "#"):  # fmt: skip
        source = f"def upgrade():\n    {piece * 200}\n" + (piece * 50 + "\n") * 20
        _upgrade_text.made(source)
        _revision_text.by_search(source)
    assert perf_counter() - began < 20
