"""Secrets must not survive; what is no secret must stay readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.redact import MASK, Redactor

PASSWORDS = st.text(alphabet="abcXYZ0123456789!$%*_.+-", min_size=8, max_size=40)


@given(PASSWORDS)
def test_a_known_secret_is_masked_wherever_it_stands(secret: str) -> None:
    assert secret not in Redactor([secret]).text(f"a{secret}b, again {secret}")


@given(PASSWORDS, st.sampled_from(["postgresql", "postgres", "postgresql+psycopg", "redis", "amqps"]))
def test_the_password_of_a_url_is_masked_and_the_rest_stays(password: str, scheme: str) -> None:
    text = Redactor().text(f"connecting to {scheme}://app:{password}@db:5432/shop?sslmode=require now")
    assert text == f"connecting to {scheme}://app:{MASK}@db:5432/shop?sslmode=require now"


@pytest.mark.parametrize(
    "text",
    [
        "PGPASSWORD=hunter2hunter2",
        "POSTGRES_PASSWORD: hunter2hunter2",
        '{"db_password": "hunter2hunter2"}',
        "api_key=hunter2hunter2",
        "Authorization: Bearer hunter2hunter2",
        "SECRET_KEY='hunter2hunter2'",
    ],
)
def test_a_value_that_its_name_calls_secret_is_masked(text: str) -> None:
    assert "hunter2" not in Redactor().text(text)


@pytest.mark.parametrize(
    "text",
    [
        'FATAL:  password authentication failed for user "app"',
        "fe_sendauth: no password supplied",
        "GET http://127.0.0.1:8000/tasks?limit=5 200",
        'relation "tasks" does not exist',
        'INFO:     127.0.0.1:52114 - "GET /tokens HTTP/1.1" 404 Not Found',
    ],
)
def test_a_plain_sentence_stays_as_it_is(text: str) -> None:
    assert Redactor().text(text) == text


def test_environment_variables_are_masked_by_name_and_by_value() -> None:
    masked = Redactor().environment(
        {
            "DATABASE_URL": "postgresql://app:hunter2@db/shop",
            "SESSION_TOKEN": "abcdef",
            "LANG": "C.UTF-8",
            "API_KEY": "",
        }
    )
    assert masked == {
        "DATABASE_URL": f"postgresql://app:{MASK}@db/shop",
        "SESSION_TOKEN": MASK,
        "LANG": "C.UTF-8",
        "API_KEY": "",
    }


def test_two_hundred_planted_secrets_are_all_gone() -> None:
    """One canary for each way in which a secret may stand in a log, two hundred in all."""
    shapes = (
        "postgresql://app:{}@db:5432/shop",
        "PGPASSWORD={}",
        "password={}",
        "client_secret: {}",
        '"access_token": "{}"',
        "Bearer {}",
        "aws_secret_access_key = {}",
        "known {} in a sentence",
    )
    canaries = [f"CANARY{number:04d}xyzzy" for number in range(200)]
    text = "\n".join(shapes[number % len(shapes)].format(canary) for number, canary in enumerate(canaries))
    known = [canary for number, canary in enumerate(canaries) if number % len(shapes) == len(shapes) - 1]
    assert "CANARY" not in Redactor(known).text(text)
