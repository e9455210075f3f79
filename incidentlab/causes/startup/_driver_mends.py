"""What to install where a program has no driver for PostgreSQL, or one that is too old or unfit."""

import re
from collections.abc import Iterator

from incidentlab.model.diagnosis import Mend

WORD = re.compile(
    r"No module named ['\"]?(?P<python>\w{1,40})|(?P<libpq>libpq)|'(?P<node>pg[\w\-]{0,20})'|(?P<async>async driver)"
    r"|(?P<jdbc>org\.postgresql|jdbc:postgresql)|(?P<gem>gem is not loaded|file -- pg|pg is not part of the bundle)"
    r"|(?P<prisma>[Qq]uery [Ee]ngine|libssl|libcrypto)|unknown driver \\?\"(?P<go>\w{1,20})"
    r"|(?P<django>Error loading psycopg)|(?P<php>could not find driver|undefined function pg_connect)"
    r"|(?P<npm>install pg package|Postgres package)|(?P<wrapper>no pq wrapper available)"
)
TOO_OLD = re.compile(r"\blibpq version 10\b|\bauthentication type 10\b|\bauthenticationOk\b")
_PIP = {"psycopg2": "psycopg2-binary", "psycopg": "'psycopg[binary]'", "MySQLdb": "mysqlclient", "greenlet": "greenlet"}
DEFAULT = "To SQLAlchemy postgresql:// alone means psycopg2 up to version 2.0, psycopg (3) from 2.1 on."
# pgjdbc (from 42.2.0 on) and node-postgres do SCRAM themselves; the others leave it to libpq, from 10 on.
_JAVA = re.compile(r"\bPSQLException\b|\borg\.postgresql\b")
_NODE = re.compile(r"\bnode_modules\b|\bauthenticationOk\b")
_PYTHON = re.compile(r"\bpsycopg2?\b|\bdjango\b|\bsqlalchemy\b|\.py\b")


def install(text: str, found: re.Match[str] | None) -> Iterator[Mend]:
    """Give what to install, by what the program says that it lacks; ``found`` is where it says so."""
    if TOO_OLD.search(text):
        yield from _newer(text)
    elif found is None:
        yield Mend("text", "Add a driver for PostgreSQL to what the image installs.")
    elif found["go"]:
        module = "github.com/lib/pq" if found["go"].startswith("postgres") else "github.com/jackc/pgx/v5/stdlib"
        yield Mend("text", f'Import the driver in the program, import _ "{module}", and run go mod tidy.',
                   f"database/sql knows {found['go']} once its package is imported, and only then.")  # fmt: skip
    elif found["wrapper"]:
        yield Mend("command", "pip install 'psycopg[binary]'",
                   "It brings libpq along; psycopg alone looks for one in the image.")  # fmt: skip
    elif found["python"]:
        package = _PIP.get(found["python"], found["python"])
        yield Mend(
            "command", f"pip install {package}", "Add the same line to the requirements the image is built from."
        )
        if found["python"] in ("psycopg", "psycopg2"):
            other = "psycopg2" if found["python"] == "psycopg" else "psycopg"
            yield Mend("text", f"Or name the driver that the image has: postgresql+{other}://, postgresql+asyncpg://.",
                       DEFAULT)  # fmt: skip
    elif found["node"] or found["npm"]:
        yield Mend("command", "npm install pg --save", "A development dependency is left out of a production install.")
    elif found["gem"]:
        yield Mend("command", "bundle add pg", "The adapter needs the gem in the group that the image installs.")
    elif found["libpq"]:
        yield Mend("text", "RUN apt-get update && apt-get install -y --no-install-recommends libpq5",
                   "A driver built from source needs it in the final stage too (Alpine: apk add libpq).")  # fmt: skip
    elif found["jdbc"]:
        yield Mend(
            "text",
            "Add org.postgresql:postgresql to the run-time dependencies.",
            "The driver is found by its class path.",
        )
    elif found["prisma"]:
        yield Mend("text", "RUN apt-get install -y openssl, and add the image's platform to binaryTargets.",
                   "Prisma's engine is a program of its own, one for each platform and OpenSSL.")  # fmt: skip
    elif found["php"]:
        install = "apt-get update && apt-get install -y libpq-dev && docker-php-ext-install pdo_pgsql pgsql"
        yield Mend("text", f"RUN {install}",
                   "PHP's image comes without them, and without libpq's headers.")  # fmt: skip
    elif found["django"]:
        yield _djangos(text)


def _djangos(text: str) -> Mend:
    """Return the driver that this Django knows: before 4.2 it names psycopg2 alone, and cannot use psycopg 3."""
    if "psycopg2 or psycopg" in text:
        return Mend("command", "pip install 'psycopg[binary]'", "Django takes psycopg 3 or psycopg2.")
    return Mend("command", "pip install psycopg2-binary",
                "Django before 4.2 does not know psycopg 3; before 3.1 it wants 'psycopg2-binary<2.9'.")  # fmt: skip


def _newer(text: str) -> Iterator[Mend]:
    """Give the driver's own way to a version that knows SCRAM; the image's old libpq cannot be mended in its place."""
    why = "The one it has is older than the way in which the server checks passwords (SCRAM)."
    if _JAVA.search(text):
        yield Mend("text", "Bring org.postgresql:postgresql to 42.2.0 or later.", why)
        return
    if _NODE.search(text):
        yield Mend("command", "npm install pg@latest --save", why)
        return
    if _PYTHON.search(text):
        yield Mend("command", "pip install --upgrade psycopg2-binary",
                   "Its wheel brings a libpq of its own; add the same line to the requirements.")  # fmt: skip
        yield Mend("text", "Where the driver is built from source: take a newer base image, and build it anew there.",
                   "It uses the image's libpq, and a release's packages stay at its version.")  # fmt: skip
        return
    yield Mend("text", "Take a newer base image: its libpq has to be 10 or later, and the driver built against it.",
               why)  # fmt: skip
