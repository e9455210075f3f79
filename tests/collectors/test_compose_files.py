"""Compose files as people write them: variables, merging, short and long forms, YAML's traps, broken files."""

from collections.abc import Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path

import dotenv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.collectors import _compose_dotenv, _compose_files, _compose_yaml, compose
from incidentlab.collectors._compose_merge import canonical, merged
from incidentlab.collectors._compose_variables import Variables
from incidentlab.collectors._compose_yaml import Items, Map
from incidentlab.errors import UsageError
from incidentlab.model.compose import ComposeFacts, ComposeService, Dependency

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
PLAIN = st.text(st.characters(blacklist_characters="${}", blacklist_categories=["C"]), max_size=12)


def read(folder: Path, files: Mapping[str, str], *named: str, env: Mapping[str, str] | None = None) -> ComposeFacts:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return compose.read_files([folder / name for name in named or ("compose.yaml",)], environment=env or {})


def service(facts: ComposeFacts, name: str) -> ComposeService:
    return next(one for one in facts.services if one.name == name)


# Variables


@pytest.mark.parametrize(
    ("text", "expected", "unset"),
    [
        ("$SET", "s", []),
        ("${SET}x", "sx", []),
        ("$SETx", "", ["SETx"]),
        ("${NONE}", "", ["NONE"]),
        ("${EMPTY:-d}", "d", []),
        ("${EMPTY-d}", "", []),
        ("${NONE:-d}", "d", []),
        ("${NONE-}", "", []),
        ("${SET:+r}", "r", []),
        ("${EMPTY:+r}", "", []),
        ("${EMPTY+r}", "r", []),
        ("${NONE:+r}", "", []),
        ("${NONE:-${SET}}", "s", []),
        ("${NONE:-${ALSO:-${SET:-x}}}y", "sy", []),
        ("${NONE:-a:-b}", "a:-b", []),
        ("${NONE:-http://x:1/?a=b}", "http://x:1/?a=b", []),
        ("$$SET $${SET}", "$SET ${SET}", []),
        ("$1 $ $% $", "$1 $ $% $", []),
        ("${SET:?must}", "s", []),
        ("${NONE:?must}", "", ["NONE"]),
    ],
)
def test_variables_as_compose_has_them(text: str, expected: str, unset: list[str]) -> None:
    variables = Variables({"SET": "s", "EMPTY": ""})
    assert (variables.expand(text), variables.unset) == (expected, unset)


@pytest.mark.parametrize("text", ["${", "${A", "a ${A:-${B} x", "${}", "${1}", "${A/b/c}", "${A-b:-c"])
def test_what_is_no_variable_is_said_and_stays(text: str) -> None:
    variables = Variables({})
    variables.expand(text)
    assert variables.problems or text == "${A-b:-c"


@given(PLAIN, NAMES, PLAIN, PLAIN)
def test_a_value_is_put_in_whatever_stands_around_it(before: str, name: str, value: str, after: str) -> None:
    variables = Variables({name: value})
    assert variables.expand(f"{before}${{{name}}}{after}") == before + value + after
    assert variables.expand(f"{before}${{{name}_NO:-{value}}}{after}") == before + value + after
    assert variables.unset == []


@given(st.text(max_size=60))
def test_a_text_with_its_dollars_doubled_comes_back(text: str) -> None:
    assert Variables({}).expand(text.replace("$", "$$")) == text


@given(st.text(st.sampled_from("${}:-?+AB ")), st.dictionaries(st.sampled_from("AB"), PLAIN))
def test_no_text_is_too_strange_for_variables(text: str, values: dict[str, str]) -> None:
    Variables(values).expand(text)


def test_hostile_variables_take_no_time_and_no_stack() -> None:
    Variables({}).expand("${A:-" * 20_000 + "}" * 20_000)
    Variables({}).expand("${A:-" * 20_000)
    Variables({}).expand("${" * 100_000)


# Environment files


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\nB = 2 \n", {"A": "1", "B": "2"}),
        ("export A=1\r\nB: 2\r\n", {"A": "1", "B": "2"}),
        ("# A=1\n\n  \nA=x # y\nB=x#y\n", {"A": "x", "B": "x#y"}),
        ("A='$B # c' # d\nB=\"x # y\"\n", {"A": "$B # c", "B": "x # y"}),
        ('A="one\\ntwo"\nB=one\\ntwo\n', {"A": "one\ntwo", "B": "one\\ntwo"}),
        ('A="-----BEGIN\nKEY-----"\nB=1\n', {"A": "-----BEGIN\nKEY-----", "B": "1"}),
        ("A=1\nB=${A}2\nC=${NO:-d}\nD=\\$A\n", {"A": "1", "B": "12", "C": "d", "D": "$A"}),
        ("A=\nB=''\n", {"A": "", "B": ""}),
        ("OUTSIDE\nA\n", {"OUTSIDE": "o"}),
        ("A='open\nB=1\n", {"A": "'open", "B": "1"}),
        ("\ufeffA=1\n=x\n!!\n", {"A": "1"}),
        ("URL=postgresql://u:p@h/d?a=b\n", {"URL": "postgresql://u:p@h/d?a=b"}),
    ],
)
def test_environment_files(text: str, expected: dict[str, str]) -> None:
    assert _compose_dotenv.read(text, {"OUTSIDE": "o"}) == expected


@given(st.dictionaries(NAMES, st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12), max_size=4))
def test_plain_environment_files_read_as_python_dotenv_reads_them(values: dict[str, str]) -> None:
    quoted = "".join(f"{name}='{value}'\n" for name, value in values.items() if not set(value) & set("'\\"))
    assert _compose_dotenv.read(quoted, {}) == dotenv.dotenv_values(stream=StringIO(quoted), interpolate=False)


@given(st.text(max_size=200))
def test_no_environment_file_is_too_strange(text: str) -> None:
    _compose_dotenv.read(text, {"A": "1"})


# Merging

SCALARS = st.text("abc", min_size=1, max_size=3)
SERVICES = st.fixed_dictionaries(
    {},
    optional={
        "image": SCALARS,
        "environment": st.dictionaries(SCALARS, SCALARS, max_size=3),
        "ports": st.lists(SCALARS, max_size=3, unique=True),
        "command": st.lists(SCALARS, max_size=3),
        "healthcheck": st.fixed_dictionaries({}, optional={"test": st.lists(SCALARS), "retries": SCALARS}),
    },
)


def as_map(value: dict[str, object]) -> Map:
    def convert(inner: object) -> _compose_yaml.Value:
        if isinstance(inner, dict):
            return as_map(inner)
        return Items(map(convert, inner)) if isinstance(inner, list) else str(inner)

    return Map({key: convert(inner) for key, inner in value.items()})


@given(SERVICES, SERVICES, SERVICES)
def test_merging_is_associative_and_nothing_on_top_changes_nothing(
    a: dict[str, object], b: dict[str, object], c: dict[str, object]
) -> None:
    one, two, three = (canonical(as_map(each)) for each in (a, b, c))
    assert merged(merged(one, two), three) == merged(one, merged(two, three))
    assert merged(one, Map()) == one == merged(Map(), one) == merged(one, one)


@given(SERVICES, SERVICES)
def test_the_later_file_wins_and_nothing_of_a_list_is_lost(a: dict[str, object], b: dict[str, object]) -> None:
    one, two = canonical(as_map(a)), canonical(as_map(b))
    both = merged(one, two)
    for key in ("image", "command"):
        assert both.get(key) == two.get(key, one.get(key))
    for each in (one, two):
        ports = each.get("ports")
        assert set(ports if isinstance(ports, Items) else ()) <= set(both.get("ports") or ())  # type: ignore[arg-type]


# Files

WHOLE = """
version: "3.8"
name: Shop
x-common: &common
  restart: unless-stopped
  environment: &env {DATABASE_URL: "postgresql://app:${DB_PASSWORD}@db:5432/app", DEBUG: on, MODE: 0600}
services:
  db:
    image: postgres:${PG_VERSION:-15}
    environment: ["POSTGRES_USER=app", "POSTGRES_PASSWORD=${DB_PASSWORD}", "HOME"]
    healthcheck: {test: ["CMD-SHELL", "pg_isready -U app"], interval: 5s}
    volumes: ["data:/var/lib/postgresql/data", {type: bind, source: ./init, target: /init, read_only: true}]
    ports: [22:22, "127.0.0.1:5433:5432", {target: 80, published: 8080, host_ip: 127.0.0.1, protocol: udp}]
    mem_limit: 256m
  migrate:
    <<: *common
    build: .
    command: alembic -c "my dir/alembic.ini" upgrade head
    restart: no
    depends_on: {db: {condition: service_healthy}}
  web:
    <<: *common
    build: {context: ./web, dockerfile: Dockerfile.prod}
    environment: {<<: *env, DEBUG: off, KEY: $$KEY}
    entrypoint: ["sh", "-c", "exec $$0"]
    depends_on: [db, migrate]
    user: "1000:1000"
    networks: {front: {aliases: [w]}, back: }
    deploy: {replicas: 2, resources: {limits: {memory: 1g}}}
    healthcheck: {disable: true}
    unknown_key: {a: 1}
volumes: {data: }
"""


def test_a_whole_file(tmp_path: Path) -> None:
    facts = read(tmp_path, {"compose.yaml": WHOLE, ".env": "DB_PASSWORD=s3cr3t-of-env\n"})
    assert (facts.id, facts.project, facts.unset) == ("compose:shop", "shop", ("HOME",))
    assert [one.partition(": ")[2].partition(" is no key")[0] for one in facts.unread] == ["unknown_key"]
    assert facts.paths == (str(tmp_path / "compose.yaml"),)
    db, migrate, web = facts.services
    assert db.image == "postgres:15"
    assert db.environment == {"POSTGRES_USER": "app", "POSTGRES_PASSWORD": "***"}
    assert db.healthcheck == ("CMD-SHELL", "pg_isready -U app")
    assert db.volumes == ("data:/var/lib/postgresql/data", "./init:/init:ro")
    assert db.ports == ("22:22", "127.0.0.1:5433:5432", "127.0.0.1:8080:80/udp")
    assert (db.memory_limit, db.line, db.path) == ("256m", 8, str(tmp_path / "compose.yaml"))
    assert migrate.command == ("alembic", "-c", "my dir/alembic.ini", "upgrade", "head")
    assert (migrate.restart, migrate.build, migrate.entrypoint) == ("no", ".", None)
    assert migrate.depends_on == (Dependency("db", "service_healthy"),)
    assert migrate.environment == {"DATABASE_URL": "postgresql://app:***@db:5432/app", "DEBUG": "on", "MODE": "0600"}
    assert (web.build, web.dockerfile, web.restart) == ("./web", "Dockerfile.prod", "unless-stopped")
    assert (web.environment["DEBUG"], web.environment["KEY"]) == ("off", "$KEY")
    assert web.entrypoint == ("sh", "-c", "exec $0")
    assert web.depends_on == (Dependency("db"), Dependency("migrate"))
    assert (web.user, web.networks, web.replicas, web.memory_limit) == ("1000:1000", ("front", "back"), 2, "1g")
    assert web.healthcheck == ("NONE",)
    assert "s3cr3t" not in repr(facts)


def test_what_compose_does_not_know_is_said_with_its_line(tmp_path: Path) -> None:
    text = "services:\n  api:\n    image: x\n    depend_on: [db]\n    x-mine: 1\n  db: {image: postgres}\nwibble: 3\n"
    facts = read(tmp_path, {"compose.yaml": text})
    path = tmp_path / "compose.yaml"
    assert facts.unread == (
        f"{path}:7: wibble is no key of the file that compose knows. It was not read, and compose refuses it.",
        f"{path}:4: depend_on is no key of the service api that compose knows; it may be meant for depends_on. "
        "It was not read, and compose refuses it.",
    )


def test_the_shell_counts_more_than_the_file_beside(tmp_path: Path) -> None:
    text = "services: {a: {image: 'x:${TAG}', environment: [FROM_SHELL, FROM_FILE]}}"
    files = {"compose.yaml": text, ".env": "TAG=file\nFROM_FILE=f\n"}
    facts = read(tmp_path, files, env={"TAG": "shell", "FROM_SHELL": "s"})
    assert facts.services[0].image == "x:shell"
    assert facts.services[0].environment == {"FROM_SHELL": "s", "FROM_FILE": "f"}


def test_a_required_variable_is_said_with_its_message(tmp_path: Path) -> None:
    facts = read(tmp_path, {"compose.yaml": "services: {a: {image: '${TAG:?set TAG first}'}}"})
    assert facts.unset == ("TAG",)
    assert facts.unread == ("TAG is required and nothing sets it: set TAG first.",)


def test_environment_files_come_below_the_environment(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  a:\n    env_file: [a.env, {path: b.env}, {path: no.env, required: false},"
        " gone.env]\n"
        "    environment: {C: own}\n",
        "a.env": "A=a\nB=a\nDB_PASSWORD=hidden-one\n",
        "b.env": "B=b\nC=b\n",
    }
    facts = read(tmp_path, files)
    assert facts.services[0].environment == {"A": "a", "B": "b", "DB_PASSWORD": "***", "C": "own"}
    assert facts.unread == ("gone.env, an env_file of a, could not be read: No such file or directory.",)


OVER = """
services:
  web:
    command: ["two"]
    environment: [B=2, C=3]
    ports: ["81:81"]
    volumes: ["./other:/data"]
    depends_on: [cache]
  cache: {image: redis}
  old: !reset null
"""
BASE = """
services:
  web:
    image: web:1
    command: one
    environment: {A: 1, B: 1}
    ports: ["80:80"]
    volumes: ["./one:/data", "./two:/two"]
    depends_on: {db: {condition: service_healthy}}
  db: {image: postgres}
  old: {image: x}
"""


def test_the_override_beside_a_usual_name_is_merged(tmp_path: Path) -> None:
    files = {"docker-compose.yml": BASE, "docker-compose.override.yml": OVER}
    for named in ("docker-compose.yml", "."):
        facts = read(tmp_path, files, named)
        web = service(facts, "web")
        assert [one.name for one in facts.services] == ["web", "db", "cache"]
        assert [Path(path).name for path in facts.paths] == list(files)
        assert (web.image, web.command) == ("web:1", ("two",))
        assert web.environment == {"A": "1", "B": "2", "C": "3"}
        assert web.ports == ("80:80", "81:81")
        assert web.volumes == ("./other:/data", "./two:/two")
        assert web.depends_on == (Dependency("db", "service_healthy"), Dependency("cache"))
        assert (Path(web.path).name, Path(service(facts, "cache").path).name) == tuple(files)
    alone = read(tmp_path, files, "docker-compose.yml", "docker-compose.yml")
    assert service(alone, "web").command == ("one",)


def test_reset_and_override_tags(tmp_path: Path) -> None:
    over = (
        "services:\n  web: {ports: !override ['9:9'], environment: !reset , command: !reset [x],"
        " depends_on: !override [b]}\n"
    )
    web = read(tmp_path, {"a.yml": BASE, "b.yml": over}, "a.yml", "b.yml").services[0]
    assert (web.ports, web.environment, web.command, web.depends_on) == (("9:9",), {}, None, (Dependency("b"),))


def test_extends_of_the_same_and_of_another_file(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  a: {extends: {file: base/b.yml, service: base}, environment: [X=own]}\n"
        "  c: {extends: a, image: c}\n",
        "base/b.yml": "services:\n  base: {image: b, extends: root, env_file: b.env, environment: {X: base, Y: base}}\n"
        "  root: {restart: always, image: root}\n",
        "base/b.env": "Z=file\n",
    }
    facts = read(tmp_path, files)
    a, c = facts.services
    assert (a.image, a.restart, a.environment) == ("b", "always", {"Z": "file", "X": "own", "Y": "base"})
    assert (c.image, c.restart, c.environment) == ("c", "always", a.environment)
    assert facts.unread == ()


def test_circles_and_missing_bases_are_said(tmp_path: Path) -> None:
    text = (
        "services:\n  a: {extends: b, image: x}\n  b: {extends: a}\n"
        "  c: {extends: {file: no.yml, service: z}}\n  d: {extends: z}\n"
    )
    facts = read(tmp_path, {"compose.yaml": text})
    assert len(facts.services) == 4
    said = " ".join(facts.unread)
    assert "extends itself" in said
    assert "no.yml" in said
    assert "the service z, which is not in" in said


def test_includes_are_followed(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "include: [db/compose.yaml, {path: [more.yml]}, gone.yml]\nservices: {web: {image: w}}\n",
        "db/compose.yaml": "include: ['../compose.yaml']\nservices: {db: {image: d, env_file: d.env}}\n",
        "db/d.env": "A=1\n",
        "more.yml": "services: {more: {image: m}}\n",
    }
    facts = read(tmp_path, files)
    assert {one.name for one in facts.services} == {"web", "db", "more"}
    assert service(facts, "db").environment == {"A": "1"}
    assert any("gone.yml" in sentence for sentence in facts.unread)


def test_a_key_that_stands_twice_is_said(tmp_path: Path) -> None:
    facts = read(tmp_path, {"compose.yaml": "services:\n  a:\n    image: x\n    image: y\n"})
    assert facts.services[0].image == "y"
    assert "line 4: 'image' stands here a second time, after line 3." in facts.unread[0]


def test_the_first_format_has_its_services_at_the_top(tmp_path: Path) -> None:
    facts = read(tmp_path, {"docker-compose.yml": "web:\n  image: x\n  command: a b\n"}, "docker-compose.yml")
    assert facts.services[0].command == ("a", "b")


@pytest.mark.parametrize(
    ("text", "place", "mend"),
    [
        ("services:\n  web:\n\timage: x\n", "compose.yaml:3:1", "no tabs"),
        ("services:\n  web: {image: x\n", "compose.yaml:3:1", "Correct that line"),
        ("services:\n  web: *nowhere\n", "compose.yaml:2:8", "Correct that line"),
        ("services:\n  a: b: c\n", "compose.yaml:2:7", "config"),
        ("services:\n  a: \0\n", "compose.yaml:2:6", "Correct that line"),
        ("[" * 200_000, "compose.yaml:1", "Correct that line"),
    ],
)
def test_what_is_no_yaml_is_said_with_its_place(tmp_path: Path, text: str, place: str, mend: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, {"compose.yaml": text})
    assert place in caught.value.why
    assert any(mend in step for step in caught.value.mend)


def test_what_is_no_compose_file_is_said(tmp_path: Path) -> None:
    for text in ("- a\n- b\n", "just words\n"):
        with pytest.raises(UsageError, match="not a compose file"):
            read(tmp_path, {"compose.yaml": text})
    for text in ("", "# nothing\n", "services:\n", "version: '3'\n", "services: {}\n"):
        assert "has no services" in read(tmp_path, {"compose.yaml": text}).unread[-1]
    assert "is no mapping" in read(tmp_path, {"compose.yaml": "services: [a]\n"}).unread[0]
    with pytest.raises(UsageError, match="There is no compose file"):
        read(tmp_path, {"x/y": ""}, "x")
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path, {}, "gone.yml")
    (tmp_path / "bin.yml").write_bytes(b"a: b\nc: \xff")
    with pytest.raises(UsageError) as caught:
        read(tmp_path, {}, "bin.yml")
    assert "bin.yml:2:4" in caught.value.why


def test_aliases_that_stand_for_billions_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(UsageError, match="too large"):
        read(tmp_path, {"compose.yaml": "\n".join(lines)})
    facts = read(tmp_path, {"compose.yaml": "x: &x [*x]\nservices: {a: {image: b}}\n"})
    assert "inside its own anchor" in facts.unread[0]


@given(st.text(st.sampled_from("services:\n  ab{}[],-&*!'\"#|>$?<\t")))
def test_no_text_is_too_strange_for_a_compose_file(text: str) -> None:
    with suppress(UsageError):
        _compose_yaml.read(text, "compose.yaml")


@pytest.mark.parametrize(
    ("folder", "written", "variables", "expected"),
    [
        ("My Shop.v2", "", {}, "myshopv2"),
        ("_-x", "", {}, "x"),
        ("x", "Named", {}, "named"),
        ("x", "named", {"COMPOSE_PROJECT_NAME": "Env"}, "env"),
    ],
)
def test_the_projects_name(folder: str, written: str, variables: dict[str, str], expected: str) -> None:
    assert _compose_files.project_name(Path("/srv") / folder, written, variables) == expected


def test_compose_file_of_the_environment_file(tmp_path: Path) -> None:
    files = {".env": "COMPOSE_FILE=a.yml:b.yml\n", "a.yml": BASE, "b.yml": OVER, "compose.yaml": "services: {}"}
    facts = read(tmp_path, files, ".")
    assert [Path(path).name for path in facts.paths] == ["a.yml", "b.yml"]
