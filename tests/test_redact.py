"""Secrets must not survive; what is no secret must stay readable."""

import json
import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.collectors import log
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


@pytest.mark.parametrize(
    "text",
    [
        'asyncpg.exceptions.InvalidPasswordError: password authentication failed for user "wiki"',
        "asyncpg.exceptions.InvalidPasswordError: Passwort-Authentifizierung für Benutzer »wiki« fehlgeschlagen",
        "InvalidPasswordError: authentification par mot de passe échouée pour l'utilisateur « wiki »",
        "InvalidPasswordError: l'authentification par mot de passe a échoué",
        "InvalidPasswordError: la autentificación password falló para el usuario «wiki»",
        "InvalidPasswordError: пользователь «wiki» не прошёл проверку подлинности (по паролю)",
        'asyncpg.exceptions.InvalidPasswordError: ユーザー"wiki"のパスワード認証に失敗しました',
        'asyncpg.exceptions.InvalidPasswordError: 用户 "wiki" Password 认证失败',
        "jwt.exceptions.ExpiredSignatureError: Signature has expired",
        "botocore.exceptions.NoCredentialsError: Unable to locate credentials",
        "CredentialsProviderError: Could not load credentials from any providers",
        "com.example.PasswordPolicyException: too short for the policy",
    ],
)
def test_the_message_of_a_class_that_is_named_after_a_secret_stays(text: str) -> None:
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "shape",
    [
        "InvalidPasswordError: {}",
        "InvalidPasswordError: '{}' is wrong",
        "InvalidPasswordError: {} is wrong",
        "InvalidPasswordError: password: {}",
        'InvalidPasswordError: cannot log in with {{"password": "{}"}}',
        "InvalidTokenError: refused by postgresql://app:{}@db/shop",
        "InvalidPasswordError={} again",
        "password_error: {} again",
        "password: {} failed",
        "db_password = {}",
    ],
)
def test_a_secret_in_the_message_of_such_a_class_is_masked(shape: str) -> None:
    assert "hunter2" not in Redactor().text(shape.format("hunter2xyz"))


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


_ALPHABET = string.ascii_letters + string.digits


def _canary(number: int, alphabet: str = _ALPHABET, length: int = 24) -> str:
    """Return a value that nobody would guess, the same one each time."""
    drawn = random.Random(number).choices(alphabet, k=length)
    # As a generator of passwords would: of every kind one.
    return "aQ7" + "".join(drawn)


def _human(number: int) -> str:
    words = ("hunter", "sommer", "letmein", "qwerty", "dragon", "pa55w0rd", "tr0ub4dor", "correcthorse")
    return f"{words[number % len(words)]}{number}!x"


# Where a password that a person chose can stand: only what is beside it says that it is one.
_NAMED = (
    "connecting to postgresql://app:{}@db:5432/shop",
    "postgresql+asyncpg://app:{}@db/shop?ssl=true failed",
    "hosts amqp://u:{}@rabbit-1:5672//,amqp://u:other-{}@rabbit-2:5672//",
    "redis://:{}@cache:6379/0",
    "mongodb+srv://admin:{}@cluster0.mongodb.net/db?retryWrites=true",
    "mysql+pymysql://root:{}@127.0.0.1/x",
    "jdbc:postgresql://db/shop?user=app&password={}&ssl=false",
    "host=db port=5432 user=app password={} dbname=shop",
    "host=db password='{}' dbname=shop",
    "Server=db;User Id=app;Password={};Timeout=5",
    "export PGPASSWORD={}",
    "+ PGPASSWORD='{}' psql -h db -c 'select 1'",
    "POSTGRES_PASSWORD: {}",
    "      - POSTGRES_PASSWORD={}",
    "DB_PASS={}",
    "DJANGO_SECRET_KEY = '{}'",
    "{{'user': 'app', 'password': '{}', 'host': 'db'}}",
    '{{"db": {{"password": "{}"}}, "port": 5432}}',
    '{{"msg": "login", "body": "{{\\"password\\": \\"{}\\"}}"}}',
    "ALTER ROLE app WITH LOGIN PASSWORD '{}'",
    "CREATE USER app IDENTIFIED BY '{}'",
    "mysqldump --password {} shop",
    "tool --token={} --verbose",
    "curl -u deploy:{} https://registry.example.com/v2/",
    "db.example.com:5432:shop:app:{}",
    "machine github.com login deploy password {}",
    "sshpass -p {} ssh root@host",
    "requirepass {}",
    "GET /callback?client_secret={}&state=abc HTTP/1.1",
    "client_secret => {}",
    "[config] api_key: {} (from environment)",
    "secret_key := {}",
    "Set-Cookie: sessionid={}; Path=/; HttpOnly",
    "cookie: csrftoken=abc123; session={}",
    "sessionId={} user=7",
    "Authorization: Token {}",
    "authorization: ApiKey {}",
    "passphrase: {}",
    "MINIO_ROOT_PASSWORD={} MINIO_ROOT_USER=admin",
    "AccountKey={};EndpointSuffix=core.windows.net",
)
# What its own shape gives away, wherever it stands.
_MARKED = (
    ("ghp_", _ALPHABET, 33),
    ("github_pat_", _ALPHABET, 60),
    ("glpat-", _ALPHABET, 20),
    ("xoxb-", string.digits + "abcdef", 30),
    ("AKIA", string.ascii_uppercase + string.digits, 13),
    ("AIza", _ALPHABET + "-_", 32),
    ("ya29.", _ALPHABET + "-_", 60),
    ("sk_live_", _ALPHABET, 24),
    ("whsec_", _ALPHABET, 29),
    ("sk-proj-", _ALPHABET, 40),
    ("npm_", _ALPHABET, 33),
    ("pypi-", _ALPHABET, 60),
    ("hf_", _ALPHABET, 30),
    ("hvs.", _ALPHABET, 24),
    ("", _ALPHABET, 40),
    ("", _ALPHABET + "+/", 61),
)
_AROUND = ("got {} here", "{}", "https://api.example.com/x/{}", 'value="{}"', "[{}]", "using {}, retrying")


def _planted() -> list[tuple[str, str]]:
    """Return (line, secret) pairs: each place for each kind of secret that can stand there."""
    found = [(shape.format(*[secret] * shape.count("{}")), secret)
             for number, shape in enumerate(_NAMED)
             for secret in (_canary(number), _human(number), "p%40ss%2F" + _canary(number, length=6))]  # fmt: skip
    for number, (mark, alphabet, length) in enumerate(_MARKED):
        value = mark + ("" if mark == "AKIA" else "aQ7") + _canary(number, alphabet, length)[3:]
        value += "Z9Q" if mark == "AKIA" else ""
        found += [(around.format(value), value) for around in _AROUND]
    for number in range(6):
        jwt = f"eyJ{_canary(number)}.eyJ{_canary(number + 90, length=60)}.{_canary(number + 50, length=43)}"
        found.append((f"Bearer {jwt}" if number % 2 else f"jwt {jwt} expired", jwt.rpartition(".")[2]))
    return found


def test_more_than_two_hundred_planted_secrets_are_all_gone() -> None:
    planted = _planted()
    assert len({secret for _, secret in planted}) > 100
    assert len(planted) > 200
    left = [(line, Redactor().text(line)) for line, secret in planted if secret in Redactor().text(line)]
    assert not left


def test_the_planted_secrets_are_gone_from_the_events_of_a_log_too() -> None:
    planted = _planted()
    prefixes = ("", "web-1  | ", "2026-11-23T20:15:30.123456789Z ", "Nov 23 20:15:30 host app[7]: ")
    for prefix in prefixes:
        events = log.read([f"{prefix}{line}" for line, _ in planted], "app")
        said = repr(events)
        assert [secret for _, secret in planted if secret in said] == []


def test_the_planted_secrets_are_gone_from_an_environment() -> None:
    for line, secret in _planted():
        name, separator, value = line.partition("=")
        env = {"SETTING": line, **({name: value} if separator and name.isidentifier() else {})}
        assert secret not in repr(Redactor().environment(env)), env


def test_a_secret_within_json_is_gone_and_the_json_still_is_some() -> None:
    text = '{"password": "it\'s me", "pin_token": 123456, "nested": {"api_key": "abc, def"}, "tokens": 512}'
    masked = Redactor().text(text)
    assert json.loads(masked) == {"password": MASK, "pin_token": MASK, "nested": {"api_key": MASK}, "tokens": 512}


_KEY = """-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED

MIIEowIBAAKCAQEAt8Tz0cXnaQ7ZkJbYwS1mXvJqk8p0Zr4nW9uG2fHxqLr5Yd3e
k8p0Zr4nW9uG2fHxqLr5Yd3eMIIEowIBAAKCAQEAt8Tz0cXnaQ7ZkJbYwS1mXvJq
aQ7ZkJbY==
-----END RSA PRIVATE KEY-----
afterwards"""


@pytest.mark.parametrize("prefix", ["", "web-1  | ", "2026-11-23T20:15:30.123456789Z "])
def test_a_private_key_over_several_lines_is_gone(prefix: str) -> None:
    lines = [prefix + line for line in _KEY.split("\n")]
    said = repr(log.read(lines, "app"))
    assert "MIIE" not in said
    assert "k8p0" not in said
    assert "ZkJbY" not in said
    assert "afterwards" in said


def test_a_private_key_in_one_line_is_gone() -> None:
    assert Redactor().text("KEY=" + _KEY.replace("\n", "\\n")).count("MIIE") == 0
    assert "ZkJbY" not in Redactor().text(_KEY)


def test_what_follows_the_first_line_of_a_key_and_is_none_stays() -> None:
    redactor = Redactor()
    redactor.text("-----BEGIN PRIVATE KEY-----")
    assert redactor.text("INFO:     Application startup complete.") == "INFO:     Application startup complete."


_ORDINARY = r"""
INFO:     127.0.0.1:52114 - "GET /tokens?page=2&limit=50 HTTP/1.1" 200 OK
INFO  [alembic.runtime.migration] Running upgrade 1c7e20dd91fa -> 4b3c52a0d1ff, add api_key column
ERROR [alembic.util.messaging] Can't locate revision identified by '50ab17e02cc4'
FATAL:  password authentication failed for user "app"
DETAIL:  Connection matched file "/var/lib/postgresql/data/pg_hba.conf" line 128: "host all all all scram-sha-256"
FATAL:  no pg_hba.conf entry for host "10.0.21.17", user "papers--demo", database "papers--demo", no encryption
psql: error: connection to server at "db" (172.18.0.2), port 5432 failed: fe_sendauth: no password supplied
ERROR:  duplicate key value violates unique constraint "api_tokens_token_key"
DETAIL:  Key (relname, relnamespace)=(check_results_id_seq, 2200) already exists.
ERROR:  column users.password_hash does not exist at character 52
STATEMENT:  SELECT tokens.id, tokens.secret FROM tokens WHERE tokens.user_id = $1
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
POSTGRES_PASSWORD_FILE=/run/secrets/db_password
POSTGRES_HOST_AUTH_METHOD=trust
environment variable SECRET_KEY: not set
password_encryption = scram-sha-256
pulling sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
Digest: sha256:c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2
HEAD is now at 6338eb9dd2c406ad16b6fb79743d867f182c8455 fix tokens
container 6338eb9dd2c406ad16b6fb79743d867f182c8455d17e3d348ba93628f3eb5ace exited
Task execute_access[511fa6fd-7776-49e4-a6b2-810223e3b25a] received
"integrity": "sha512-bRISgCIjP20/tbWSPWMEi54QVPRZExkuD9lJL+UIxUKtwVJA8wW1Trb1jMs1RFXo1CBTNZ/5hpC9QvmKWdopKw=="
SHA256:uNiVztksCsDhcc0u9e8BrFXFQe8jZ1CZhnDsJ2QmVwU deploy@host (ED25519)
  File "/usr/local/lib/python3.11/site-packages/sqlalchemy/engine/base.py", line 1969, in _exec_single_context
    at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:285:98)
	at org.springframework.security.authentication.AuthenticationManagerBeanDefinitionParser2.parse(X.java:1)
com.zaxxer.hikari.pool.HikariPool$PoolInitializationException: Failed to initialize pool
(Background on this error at: https://sqlalche.me/e/20/e3q8)
https://www.postgresql.org/docs/current/auth-trust.html#AUTH-TRUST-2
GET http://127.0.0.1:8000/users/@me 200
listening on http://0.0.0.0:3000/packages/@prisma/client@5.1.0
npm warn deprecated @babel/plugin-proposal-class-properties@7.18.6: merged into ECMAScript
mail sent to first.last@example.com: 3 recipients
[2026-09-07 07:25:47 +0000] [113] [INFO] Booting worker with pid: 113
172.18.0.1 - - [08/Feb/2023:12:53:36 +0000] "GET / HTTP/1.1" 200 18443 "-" "Mozilla/5.0 (X11; Linux x86_64)"
time="2020-08-28T23:56:58Z" level=info msg="running database schema migration..."
level=info msg="completion" max_tokens=4096 tokens=512 token_type=bearer
pydantic_core.ValidationError: 1 validation error for Settings, secret_key: Field required
django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.
web-6d9c7f5b8d-2xk9w  Back-off restarting failed container
The authentication token has expired; authorization failed: invalid token
DATABASE_URL is not set; expected postgresql://user:***@host:5432/name
docker run -e POSTGRES_PASSWORD=${DB_PASSWORD} postgres:15
password: $POSTGRES_PASSWORD
2026-04-22 20:49:08.583 UTC [41] LOG:  connection authorized: user=app database=shop SSL enabled
1:M 21 Feb 2025 23:21:06.120 * Ready to accept connections tcp
Adding SERVER_API_TOKEN to api_keys
key: value pairs are 12 in section: 3, at: 20:15:30:123
Invalid `prisma.appSettings.findFirst()` invocation: Code: `42P01`
X-Request-Id: 511fa6fd-7776-49e4-a6b2-810223e3b25a
migrations/versions/2026_01_20_1c7e20dd91fa_add_session_token_table.py
CREATE TABLE session (session_key varchar(40) NOT NULL PRIMARY KEY, expire_date timestamp with time zone)
MigrationTokenRevocationServiceConfigurationFactoryBeanPostProcessor2Impl registered in V12
arn:aws:ecs:eu-central-1:123456789012:task/cluster/0a1b2c3d4e5f60718293a4b5c6d7e8f9
""".strip("\n").split("\n")


@pytest.mark.parametrize("line", _ORDINARY)
def test_an_ordinary_line_stays_as_it_is(line: str) -> None:
    assert Redactor().text(line) == line


def test_there_are_fifty_kinds_of_ordinary_lines() -> None:
    assert len(_ORDINARY) >= 50


@given(st.text(max_size=300))
def test_what_is_left_alone_is_left_alone(text: str) -> None:
    redactor = Redactor()
    if redactor.leaves(text):
        assert redactor.text(text) == text


@pytest.mark.parametrize(
    "piece",
    ["x", "password=", "a://b:", ":1:", "token", '"secret": "', "aB3", "a-b_c.", "://", "@", "pass ", " -u a:", "\\'",
     "authorization:", "-----BEGIN ", "cookie=", "A", "key =", "eyJ", "sk-", "h:1:", "login a password ",
     "PasswordError: ", "TokenE", "passwordException:"],
)  # fmt: skip
def test_no_hostile_line_makes_it_slow(piece: str) -> None:
    """Seconds would lie on a busy machine; the bound is a hundredfold of what one line takes here."""
    line = (piece * 20_000)[:20_000]
    started = time.process_time()
    Redactor().text(line)
    Redactor().text(line + "@host key")
    assert time.process_time() - started < 5
