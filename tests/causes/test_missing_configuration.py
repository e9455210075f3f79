"""Settings that were forgotten, those that have a default, and data that only looks like a setting."""

import dataclasses

import pytest

from incidentlab import causes
from incidentlab.causes import diagnose
from incidentlab.model.compose import ComposeFacts
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.testing import app_log, container, evidence, image, probe

find = causes.get("missing-configuration").find
END = "ERROR:    Application startup failed. Exiting."
PYDANTIC = """pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings
database_url
  Field required [type=missing, input_value={}, input_type=dict]
secret_key
  Field required [type=missing, input_value={}, input_type=dict]"""

_PLAIN = [
    'Traceback (most recent call last):\n  File "/app/db.py", line 7, in <module>\n    url = '
    "os.environ['DATABASE_URL']\n"
    "KeyError: 'DATABASE_URL'",
    PYDANTIC,
    "pydantic.error_wrappers.ValidationError: 4 validation errors for Settings\nDATABASE_USER\n  field required "
    "(type=value_error.missing)",
    "sqlalchemy.exc.ArgumentError: Could not parse rfc1738 URL from string ''",
    "sqlalchemy.exc.ArgumentError: Expected string or URL object, got None",
    "django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.",
    "django.core.exceptions.ImproperlyConfigured: Set the DATABASE_URL environment variable",
    "decouple.UndefinedValueError: SECRET_KEY not found. Declare it as envvar or define a default value.",
    "error: Environment variable not found: DATABASE_URL.\n  -->  schema.prisma:7",
    "Error: SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string",
    "Caused by: java.lang.IllegalArgumentException: Could not resolve placeholder 'DB_URL' in value \"${DB_URL}\"",
    'KeyError: key not found: "DATABASE_URL"',
    'panic: env: required environment variable "DATABASE_URL" is not set',
    'psycopg2.OperationalError: invalid port number: "None"',
    "ValueError: invalid literal for int() with base 10: 'tcp://10.0.0.7:5432'",
    "/entrypoint.sh: line 4: DB_HOST: unbound variable",
    "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:driver",
    "required variable DB_PASSWORD is missing a value: set it in .env",
    'psycopg2.OperationalError: could not translate host name "None" to address: Name or service not known',
    'psycopg2.OperationalError: FATAL:  password authentication failed for user "undefined"',
    "** (RuntimeError) environment variable DATABASE_URL is missing.",
    "Error: Missing required environment variable: DATABASE_URL",
]


@pytest.mark.parametrize("text", _PLAIN)
@pytest.mark.parametrize("prefix", ["", "web-1  | "])
def test_what_a_program_says_it_lacks_comes_first(text: str, prefix: str) -> None:
    log = "\n".join(prefix + line for line in text.split("\n"))
    found = diagnose(evidence(app_log(log))).findings[0]
    assert found.cause == "missing-configuration"
    assert found.confidence in ("likely", "possible")
    assert found.missing


@pytest.mark.parametrize("text", _PLAIN[:4])
def test_a_program_that_ended_makes_it_certain(text: str) -> None:
    for facts in ((app_log(f"{text}\n\n{END}"),), (app_log(text), container(exit_code=1))):
        found = find(evidence(*facts))
        assert isinstance(found, Finding)
        assert found.confidence == "certain"


def test_a_key_in_capitals_that_is_no_usual_setting_is_never_certain() -> None:
    found = find(evidence(app_log("KeyError: 'GB_ENG'"), container(exit_code=1)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


def test_the_fields_that_pydantic_lists_are_named() -> None:
    found = find(evidence(app_log(PYDANTIC)))
    assert isinstance(found, Finding)
    assert "database_url" in found.summary
    assert "secret_key" in found.summary


def test_the_databases_own_image_is_certain_and_explains_the_lost_name() -> None:
    log = """db-1   | Error: Database is uninitialized and superuser password is not specified.
db-1   |        You must specify POSTGRES_PASSWORD to a non-empty value for the
db-1 exited with code 1
web-1  | psycopg2.OperationalError: could not translate host name "db" to address: Name or service not known
web-1 exited with code 1"""
    (root,) = diagnose(evidence(app_log(log))).findings
    assert (root.cause, root.confidence) == ("missing-configuration", "certain")
    assert "POSTGRES_PASSWORD" in root.mend[0].text
    assert [one.cause for one in root.explains] == ["host-not-found"]


def test_what_the_image_and_the_compose_file_lack_is_shown() -> None:
    lacking = dataclasses.replace(image("python", "main.py"), env={"PATH": "/usr/bin"})
    facts = evidence(app_log(_PLAIN[0]), lacking)
    found = find(dataclasses.replace(facts, compose=(ComposeFacts("compose:shop", unset=("DATABASE_URL", "TZ")),)))
    assert isinstance(found, Finding)
    assert {"compose:shop", "image:app"} <= {link.fact for link in found.evidence}


ASTRAY = "web-1  | Error: connect ECONNREFUSED 127.0.0.1:5432"


def test_a_container_that_asks_itself_is_likely_once_it_ended() -> None:
    found = find(evidence(app_log(f"{ASTRAY}\nweb-1 exited with code 1")))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"
    assert "localhost" in found.summary


@pytest.mark.parametrize(
    "facts",
    [
        (app_log(f'{_PLAIN[0]}\nINFO:  1.2.3.4:5 - "GET / HTTP/1.1" 200 OK'),),
        (app_log(_PLAIN[0]), probe(200)),
        (app_log(f'{ASTRAY}\nweb-1  | INFO:  1.2.3.4:5 - "GET / HTTP/1.1" 200 OK'),),
    ],
    ids=["answers", "probe", "asked elsewhere then"],
)
def test_a_program_that_works_all_the_same_is_ruled_out(facts: tuple[object, ...]) -> None:
    said = find(evidence(*facts))  # type: ignore[arg-type]  # pytest's parameters have no types
    assert isinstance(said, RuledOut)


@pytest.mark.parametrize(
    "text",
    [
        'time="2026-01-01T10:00:00Z" level=warning msg="The \\"SMTP_HOST\\" variable is not set. Defaulting to a '
        'blank string."',
        "WARNING: SENTRY_DSN environment variable is not set, error reporting disabled",
        "KeyError: 'USA'",
        "KeyError: 'title'",
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for TaskCreate\ntitle\n  Field "
        "required [type=missing]",
        "ValueError: invalid literal for int() with base 10: 'abc'",
        'connection to server at "db" (172.18.0.2), port 5432 failed: Connection refused',
        "INFO: configuration loaded",
        "",
    ],
)
def test_near_misses_are_not_this_cause(text: str) -> None:
    assert find(evidence(app_log(text), container(exit_code=1))) is None


JOURNAL = """\
Mar 02 07:15:22 nas postgres[87]: [2-1] 2026-03-02 07:15:22.611 CET [87] PANIK:  konnte keinen gültigen \
Checkpoint-Datensatz finden
Mar 02 07:15:23 nas photos[130]: psycopg.OperationalError: connection to server at "127.0.0.1", port 5432 failed: \
Connection refused"""


def test_a_machines_own_server_that_cannot_start_explains_its_localhosts_refusal() -> None:
    assert find(evidence(app_log(JOURNAL))) is None
    in_a_container = JOURNAL.replace("Mar 02 07:15:22 nas postgres[87]: [2-1] ", "db-1      | ").replace(
        "Mar 02 07:15:23 nas photos[130]: ", "photos-1  | "
    )
    assert isinstance(find(evidence(app_log(in_a_container))), Finding)


@pytest.mark.parametrize(
    ("text", "told", "mend"),
    [
        ("env file /srv/app/.env not found: stat /srv/app/.env: no such file or directory", "/srv/app/.env",
         "ls -la /srv/app"),
        ("ERROR: Couldn't find env file: /home/me/my app.env", "/home/me/my app.env", "ls -la /home/me"),
        ("Failed to load /srv/.env: open /srv/.env: no such file or directory", "/srv/.env", "ls -la /srv"),
        ("docker: open ./prod.env: no such file or directory.", "./prod.env", "ls -la ."),
        ("Error: open conf/app.env: no such file or directory", "conf/app.env", "ls -la conf"),
        ("open /srv/app/.env: no such file or directory", "/srv/app/.env", "ls -la /srv/app"),
        ("systemd[1]: shop.service: Failed to load environment files: No such file or directory", "A file", "ls -la ."),
        ("  Warning  Failed  9s  kubelet  Error: couldn't find key DB_URL in ConfigMap shop/api", "DB_URL",
         "kubectl describe configmap api --namespace shop"),
        ('  Warning  Failed  9s  kubelet  Error: secret "api-db" not found', "Secret api-db",
         "metadata.name=api-db"),
        ('Warning  FailedMount  2m  kubelet  MountVolume.SetUp failed for volume "conf" : configmap "api" not found',
         "ConfigMap api", "kubectl get configmaps"),
        ('MountVolume.SetUp failed for volume "conf" : references non-existent secret key: db.url', "db.url",
         "kubectl describe secret NAME"),
    ],
)  # fmt: skip
def test_what_is_not_started_for_want_of_its_settings_is_certain(text: str, told: str, mend: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"
    assert told in found.summary
    assert mend in found.mend[0].text


@pytest.mark.parametrize(
    "text",
    [
        "env file /srv/.env not found: stat /srv/.env: no such file or directory\nweb-1  | INFO starting",
        "ERROR: Couldn't find env file: /srv/.env\nINFO:     Uvicorn running on http://0.0.0.0:8000",
        "web-1  | open /srv/.env: no such file or directory",
        "web-1  | INFO skipped: open /srv/.env: no such file or directory",
        "web-1  | INFO open config/.env: no such file or directory, using the environment",
        'Error from server (NotFound): secrets "api-db" not found',
        'E0101 ingress.go:7 Error getting certificate: secret "default/tls" not found',
        "ERROR couldn't find key 17 in cache",
    ],
    ids=["started since", "serves since", "a service's own file", "another", "a default",
         "a person's question", "certificate", "data"],
)  # fmt: skip
def test_what_was_started_after_all_or_is_no_setting_is_nothing(text: str) -> None:
    assert not isinstance(find(evidence(app_log(text))), Finding)


def test_a_secret_that_came_later_is_over_and_another_pod_is_no_proof() -> None:
    lacks = "Warning  Failed  9s  kubelet  Error: couldn't find key DB_URL in Secret shop/api"
    serves = "INFO:     Uvicorn running on http://0.0.0.0:8000"
    assert isinstance(find(evidence(app_log(f"{lacks}\n{serves}"))), RuledOut)
    assert isinstance(find(evidence(app_log(f"{lacks}\n[pod/mail-7d/mail] {serves}"))), Finding)


def test_a_password_that_is_none_is_called_the_password() -> None:
    text = (
        "api-1 | Error: SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string\n"
        "api-1 |     at Object.continueSession (/app/node_modules/pg/lib/sasl.js:24:11)\napi-1 exited with code 1"
    )
    found = causes.get("missing-configuration").find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert "without the database's password" in found.summary
    assert "PGPASSWORD" in found.mend[0].text


@pytest.mark.parametrize(
    ("log", "named", "set_by"),
    [
        ("error while interpolating services.db.environment.POSTGRES_PASSWORD: required variable PETS_PW is missing a "
         "value: please set", "no value for PETS_PW,", "Set PETS_PW in .env beside"),
        ("web-1  | /rails/application.rb:660:in `validate_secret_key_base': Missing `secret_key_base` for 'production' "
         "environment (ArgumentError)\nweb-1 exited with code 1", "without secret_key_base", "SECRET_KEY_BASE"),
        ("Error: SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string", "the database's password",
         "PGPASSWORD"),
        ("APPLICATION FAILED TO START\nFailed to configure a DataSource: 'url' attribute is not specified and no "
         "embedded datasource could be configured.", "spring.datasource.url", "SPRING_DATASOURCE_URL"),
        ("Caused by: java.lang.IllegalArgumentException: Could not resolve placeholder 'pets.db-url' in value "
         "\"${pets.db-url}\"", "pets.db-url", "PETS_DBURL"),
        ("production.ERROR: No application encryption key has been specified.", "APP_KEY", "APP_KEY"),
    ],
)  # fmt: skip
def test_a_setting_that_the_message_means_is_named_with_its_variable(log: str, named: str, set_by: str) -> None:
    found = find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert named in found.summary
    assert set_by in found.mend[0].text
    assert "POSTGRES_PASSWORD" not in found.summary + found.mend[0].text
