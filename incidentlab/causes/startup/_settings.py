"""Messages of programs that were started without a setting they need."""

import re

from incidentlab.causes._evidence import match, said
from incidentlab.causes.startup._login import REFUSED_LOGIN, user_in
from incidentlab.causes.startup._placeholder import unfilled
from incidentlab.causes.startup._resolving import UNRESOLVED, host_in
from incidentlab.model.cause import Sign
from incidentlab.model.evidence import LogEvent

_NAME = r"[A-Z][A-Z0-9_]{2,80}"
_VARIABLE = r"[A-Z][A-Z0-9]{0,40}_[A-Z0-9_]{1,60}"  # by its look alone: "SSL was required" is about something else
# Each of these says that a setting is missing and that the program cannot go on: docker-library's entrypoint, compose,
# pydantic, os.environ, Django, django-environ, python-decouple, environs, SQLAlchemy, Flask-SQLAlchemy, Prisma,
# node-postgres, Spring, Rails, Phoenix, envconfig and caarlos0/env for Go, diesel, Joi.
PLAIN = Sign(
    name="setting-missing",
    pattern=re.compile(
        r"superuser password is not specified|new database has no superuser password"
        rf"|required variable (?P<compose>{_NAME}) is missing a value"
        r"|validation errors? for [\w.]{0,60}(?:Settings|Config|Configuration|Environment|Env)\b"
        rf"|(?<!\w)KeyError: ['\"](?P<key>{_NAME})['\"]"
        r"|Could not parse (?:rfc1738|SQLAlchemy) URL from|Expected string or URL object, got None"
        r"|No application encryption key has been specified|SECRET_KEY setting must not be empty"
        r"|settings\.DATABASES is improperly configured"
        rf"|Set the (?P<environ>{_NAME}) environment variable|but settings are not configured"
        rf"|(?P<decouple>{_NAME}) not found\. Declare it as envvar"
        r"|Either 'SQLALCHEMY_DATABASE_URI' or 'SQLALCHEMY_BINDS' must be set"
        rf"|Environment variable not found: \\?[\"'`]?(?P<prisma>{_NAME})"
        r"|Host can't be null|Value cannot be null\. \(Parameter '(?:connectionString|nameOrConnectionString)'\)"
        r"|ConnectionString property has not been initialized|initialization string does not conform to specification"
        r"|'\w{1,40}' database is not configured\. Available|database configuration does not specify adapter"
        r"|Config '(?P<starlette>[A-Z][A-Z0-9_]{2,80})' is missing, and has no default"
        r"|client password must be a string|the URL must start with the protocol `postgresql"
        r"|Could not resolve placeholder '[\w.\-:]{1,80}'"
        r"|Failed to configure a DataSource: 'url' attribute is not specified"
        rf"|key not found: \"(?P<ruby>{_NAME})\"|[Mm]issing `?secret_key_base"
        rf"|required key (?P<go>{_NAME}) missing value"
        rf"|required environment variable \\?\"(?P<caarlos>{_NAME})\\?\" is not set"
        r"|--database-url argument must be passed|NotPresent\b"
        rf"|Config validation error: \\?\"(?P<joi>{_NAME})\\?\" is required"
        r"|invalid port number: |invalid integer value \"[^\"]{0,60}\" for connection option \"port\""
        r"|invalid literal for int\(\) with base 10: '(?:None|tcp://[^']{0,80}|\$?\{\w{1,60}\}?|\d{2,5}:\d{2,5}"
        r"|)'$|invalid dsn: missing|Invalid URL.{0,40}undefined"
        rf"|(?P<unbound>{_NAME}): (?:unbound variable|parameter (?:null or )?not set)"
        r"|dialects:(?:driver|None|none|null|undefined|https?)\b"
    ),
    literals=(
        "superuser password", "required variable", "validation error", "KeyError: ", "Could not parse rfc1738 URL",
        "Could not parse SQLAlchemy URL", "Expected string or URL object", "SECRET_KEY setting must not be empty",
        "settings.DATABASES is improperly", "Set the ", "but settings are not configured", "Declare it as envvar",
        "SQLALCHEMY_DATABASE_URI", "Environment variable not found",
        "Host can't be null", "Value cannot be null. (Parameter ",
        "ConnectionString property has not", "initialization string does not", "database is not configured. Avail",
        "configuration does not specify adapter", "is missing, and has no default",
        "client password must be a string",
        "the URL must start with the protocol", "Could not resolve placeholder", "Failed to configure a DataSource",
        "key not found: ", "secret_key_base", "required key ", "required environment variable",
        "--database-url argument must be passed", "NotPresent", "Config validation error", "invalid port number",
        "for connection option", "invalid literal for int() with base 10: '", "invalid dsn", "Invalid URL",
        "unbound variable", "not set", "dialects:",
        "No application encryption key",
    ),
    examples=(
        "production.ERROR: No application encryption key has been specified.",
        "Error: Database is uninitialized and superuser password is not specified.",
        "required variable DB_PASSWORD is missing a value: set it in .env",
        "pydantic.error_wrappers.ValidationError: 4 validation errors for Settings",
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for AppConfig",
        "KeyError: 'DATABASE_URL'",
        "sqlalchemy.exc.ArgumentError: Could not parse rfc1738 URL from string ''",
        "sqlalchemy.exc.ArgumentError: Could not parse SQLAlchemy URL from given URL string",
        "sqlalchemy.exc.ArgumentError: Expected string or URL object, got None",
        "django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.",
        "django.core.exceptions.ImproperlyConfigured: settings.DATABASES is improperly configured. Please supply "
        "the NAME",
        "django.core.exceptions.ImproperlyConfigured: Set the DATABASE_URL environment variable",
        "decouple.UndefinedValueError: SECRET_KEY not found. Declare it as envvar or define a default value.",
        "error: Environment variable not found: DATABASE_URL.",
        '  Environment variable not found: "DATABASE_URL".',
        "Unhandled exception. System.ArgumentException: Host can't be null",
        "System.ArgumentNullException: Value cannot be null. (Parameter 'connectionString')",
        "System.InvalidOperationException: The ConnectionString property has not been initialized.",
        "System.ArgumentException: Format of the initialization string does not conform to specification starting at "
        "index 0.",
        "ActiveRecord::AdapterNotSpecified: 'production' database is not configured. Available: [\"development\"]",
        "KeyError: \"Config 'DATABASE_URL' is missing, and has no default.\"",
        "Error: SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string",
        "Could not resolve placeholder 'DB_URL' in value \"${DB_URL}\"",
        'KeyError: key not found: "DATABASE_URL"',
        "required key DATABASE_URL missing value",
        'env: required environment variable "DATABASE_URL" is not set',
        'Error: Config validation error: "DATABASE_HOST" is required',
        'psycopg2.OperationalError: invalid port number: "None"',
        "ValueError: invalid literal for int() with base 10: 'None'",
        "/entrypoint.sh: line 4: DB_HOST: unbound variable",
        "entrypoint.sh: 3: DB_HOST: parameter not set",
        "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:driver",
    ),
)  # fmt: skip
# Looser wordings; many a program says so and goes on with a default, so something else has to show that it did not.
LOOSE = Sign(
    name="setting-said-missing",
    pattern=re.compile(
        r"[Ee]nvironment variables? .{0,80}?(?:not set|not found|not defined|is missing|are missing|is required"
        r"|must be set|undefined)"
        r"|(?:[Mm]issing|[Ii]nvalid|[Uu]ndefined) (?:required )?(?:environment|env|config\w{0,12})(?: variables?)?\b"
        rf"|\b(?P<name>{_VARIABLE}) (?:is|was|must be|environment variable is) (?:not set|not defined|not configured"
        rf"|required|missing|set\b|undefined|empty)"
        r"|\.env: no such file or directory"
    ),
    literals=(
        "nvironment variable", "issing ", "nvalid ", "ndefined ", " is ", " was ", " must be ",
        "environment variable is", ".env: no such file",
    ),
    examples=(
        "Error: Missing required environment variable: DATABASE_URL",
        "RuntimeError: environment variable DATABASE_URL is missing.",
        "Error: DATABASE_URL is not set",
        "panic: DATABASE_URL must be set",
        "Invalid environment variables: { DATABASE_URL: [ 'Required' ] }",
        "Error loading settings: open config/.env: no such file or directory",
    ),
)  # fmt: skip
SIGNS = (PLAIN, LOOSE)

_ENVIRONMENT = re.compile(
    r"_|^(?:URL|PORT|HOST|DSN|DATABASE|DB|SECRET|PASSWORD|USER|TOKEN|ENV|PG\w+|POSTGRES\w*)$"
)  # KeyError: 'DATABASE_URL' is a setting; KeyError: 'USA' is somebody's data
_RAISED = re.compile(r"\b[A-Z]\w{0,40}(?:Error|Exception)\b|\bError:|\bpanic:")
_ROLE = re.compile(r"(?:role|database) \\{0,3}\"(?P<name>[^\"\\]{0,80})\\{0,3}\" does not exist")


def says_plainly(event: LogEvent) -> bool:
    """Whether an event says that a setting is missing, in words that leave no other reading."""
    found = match(event, PLAIN)
    if found:
        key = found["key"]
        return key is None or bool(_ENVIRONMENT.search(key))
    if "KeyError: 'url'" in said(event) and {"sqlalchemy", "alembic"} & set(event.packages):
        return True
    return "pydantic_settings" in event.packages and "validation error" in said(event)


def says_loosely(event: LogEvent) -> bool:
    """Whether a grave event says that a setting is missing, in words that programs also use for a mere notice."""
    grave = event.severity in ("error", "fatal") or bool(_RAISED.search(event.text))
    return grave and match(event, LOOSE) is not None


def uses_placeholder(event: LogEvent) -> bool:
    """Whether a connection failed on a host, user or database by the name that an unset variable leaves behind."""
    host = host_in(event) if match(event, UNRESOLVED) else None
    user = user_in(event) if match(event, REFUSED_LOGIN) else None
    role = _ROLE.search(said(event)) if '" does not exist' in said(event) else None
    return any(value is not None and unfilled(value) for value in (host, user, role["name"] if role else None))


def names_in(event: LogEvent) -> tuple[str, ...]:
    """Return the settings that an event names as missing."""
    names = [value for sign in SIGNS if (found := match(event, sign)) for value in found.groupdict().values() if value]
    texts = (said(event), *(text for _, text in event.key_lines))
    listed = [word for text in texts for word in re.findall(rf"\b{_NAME}\b", text) if "_" in word]
    return tuple(dict.fromkeys((*names, *listed)))[:8]
