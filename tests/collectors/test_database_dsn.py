"""Connection strings as programs of many languages write them."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo

from incidentlab.collectors._dsn import target
from incidentlab.errors import UsageError

KEYWORDS = frozenset(option.keyword.decode() for option in Conninfo.get_defaults())
PLAIN = {"user": "u", "password": "p", "host": "h", "dbname": "d"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u:p@h/d", PLAIN),
        ("postgis://u:p@h/d", PLAIN),
        ("ecto://u:p@h/d", PLAIN),
        ("pgx5://u:p@h/d", PLAIN),
        ("postgresql+psycopg2://u:p@h/d?schema=public&pgbouncer=true", PLAIN),
        ("postgresql+asyncpg://u:p@h/d?ssl=require", PLAIN | {"sslmode": "require"}),
        ("postgres://u:p@h/d?sslmode=no-verify", PLAIN | {"sslmode": "require"}),
        ("postgres://u:p@h:6432/d?sslmode=verify-full&sslrootcert=/c.pem",
         PLAIN | {"port": "6432", "sslmode": "verify-full", "sslrootcert": "/c.pem"}),
        ("jdbc:postgresql://h:5432/d?user=u&password=p&ssl=true", PLAIN | {"port": "5432", "sslmode": "require"}),
        ("r2dbc:pool:postgresql://u:p@h/d", PLAIN),
        ("Host=h;Username=u;Password=p;Database=d;SSL Mode=VerifyFull", PLAIN | {"sslmode": "verify-full"}),
        ("Server=h;User Id=u;Password=p;Database=d;Pooling=true", PLAIN),
        ("host=h user=u password='p' dbname=d", PLAIN),
        ("service=prod", {"service": "prod"}),
        ("postgresql://?service=prod", {"service": "prod"}),
        (' "postgresql://h/d?sslmode=disable" ', {"host": "h", "dbname": "d", "sslmode": "disable"}),
        ("postgresql:///d?host=/run/postgresql", {"host": "/run/postgresql", "dbname": "d"}),
        ("postgresql://%2Frun%2Fpostgresql/d", {"host": "/run/postgresql", "dbname": "d"}),
        ("postgresql://u:p@[::1]:5433/d", PLAIN | {"host": "::1", "port": "5433"}),
        ("postgresql://u:p@a:1,b:2/d", PLAIN | {"host": "a,b", "port": "1,2"}),
        ("postgresql://u:p@/d?host=a:1&host=b:2", PLAIN | {"host": "a,b", "port": "1,2"}),
        ("postgresql://u:p@h/d?options=-csearch_path%3Dapp", PLAIN | {"options": "-csearch_path=app"}),
        ("postgresql://h:5432/d?application_name=a@b",
         {"host": "h", "port": "5432", "dbname": "d", "application_name": "a@b"}),
    ],
)  # fmt: skip
def test_every_way_of_writing_it_names_the_same(url: str, expected: dict[str, str]) -> None:
    got = target(url, KEYWORDS)
    assert got.parameters == expected
    assert got.remarks == ()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("jdbc:postgresql://h/d?currentSchema=a,b", ("a", "b")),
        ("postgres://h/d?schema=app", ("app",)),
        ("pgx://h/d", ()),
    ],
)
def test_the_schema_that_another_driver_would_use_is_kept(url: str, expected: tuple[str, ...]) -> None:
    assert target(url, KEYWORDS).search_path == expected


@pytest.mark.parametrize("password", ["p@ss", "p/ss", "p?s#s", "100%", "%zz", "@"])
def test_a_password_that_ought_to_be_encoded_is_understood_and_said(password: str) -> None:
    got = target(f"postgresql://u:{password}@h:5432/d?sslmode=disable", KEYWORDS)
    assert (got.parameters["password"], got.parameters["host"], got.parameters["dbname"]) == (password, "h", "d")
    assert got.remarks
    assert password in got.secrets


_PASSWORD = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40)


@given(_PASSWORD, st.sampled_from(["h", "10.0.0.1", "db-1.internal"]), st.integers(1, 65535))
def test_an_encoded_password_comes_back_whatever_it_is(password: str, host: str, port: int) -> None:
    written = f"postgresql://u:{quote(password, safe='')}@{host}:{port}/d"
    got = target(written, KEYWORDS)
    assert got.parameters == {"user": "u", "password": password, "host": host, "port": str(port), "dbname": "d"}
    assert got.remarks == ()
    assert {password, quote(password, safe="")} <= set(got.secrets)


@given(_PASSWORD)
def test_libpq_reads_the_parameters_as_they_are_meant(password: str) -> None:
    parameters = target(f"host=h password='{_escaped(password)}'", KEYWORDS).parameters
    assert conninfo_to_dict(make_conninfo(**parameters)) == {"host": "h", "password": password}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


@given(st.text(max_size=200))
def test_anything_else_is_refused_or_understood_and_never_repeated(text: str) -> None:
    try:
        target(f"hunter2 {text}", KEYWORDS)
    except UsageError as error:
        said = f"{error} {error.why} {error.mend}"
    else:
        said = ""
    assert "hunter2" not in said
