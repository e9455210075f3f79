"""Messages of programs that lack what it takes to speak to PostgreSQL."""

import re

from incidentlab.model.cause import Sign

_PYTHON = (
    r"psycopg2|psycopg|psycopg_c|psycopg_binary|psycopg_pool|psycopg2cffi|asyncpg|aiopg|pg8000|greenlet"
    r"|MySQLdb|pymysql|aiomysql|aiosqlite|asyncmy|cx_Oracle|oracledb|pyodbc"
)
# Python's import system and Django's backends (base.py); SQLAlchemy's registry; pgjdbc and HikariCP; knex, TypeORM and
# Sequelize; Bundler and ActiveRecord; PHP's PDO; Go's database/sql.
ABSENT = Sign(
    name="driver-absent",
    pattern=re.compile(
        rf"No module named ['\"]?(?P<module>{_PYTHON})(?:\.\w{{1,40}}){{0,3}}(?:['\"]|$|\s)"
        r"|Error loading psycopg2? (?:or psycopg )?module|no pq wrapper available"
        r"|Can't load plugin: sqlalchemy\.dialects:(?:postgres|pgsql|psql|pg\b|asyncpg|psycopg)\w{0,20}(?:\.\w{1,40})?"
        r"|isn't an available database backend"
        r"|No suitable driver found for jdbc:postgresql|[Cc]annot load driver class: org\.postgresql"
        r"|ClassNotFoundException: org\.postgresql\.Driver|[Ff]ailed to load driver class org\.postgresql"
        r"|Please install pg package manually|Postgres package has not been found installed"
        r"|Cannot find (?:module|package) 'pg(?:-\w{1,20})?'"
        r"|for database adapter, but the gem is not loaded|cannot load such file -- pg\b|pg is not part of the bundle"
        r"|could not find driver|undefined function pg_connect|unknown driver \\?\"(?:postgres|pgx)"
        r"|the greenlet library is required"
    ),
    literals=(
        "No module named", "Error loading psycopg", "no pq wrapper available", "sqlalchemy.dialects:",
        "isn't an available database backend", "No suitable driver found for jdbc:postgresql",
        "annot load driver class: org.postgresql", "ClassNotFoundException: org.postgresql",
        "ailed to load driver class org.postgresql", "install pg package", "Postgres package has not been found",
        "Cannot find module 'pg", "Cannot find package 'pg", "but the gem is not loaded", "cannot load such file -- pg",
        "pg is not part of the bundle", "could not find driver", "undefined function pg_connect", "unknown driver",
        "the greenlet library is required",
    ),
    examples=(
        "ModuleNotFoundError: No module named 'psycopg2'",
        "ModuleNotFoundError: No module named 'psycopg2._psycopg'",
        "ImportError: No module named psycopg2",
        "django.core.exceptions.ImproperlyConfigured: Error loading psycopg2 or psycopg module",
        "ImportError: no pq wrapper available.",
        "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres",
        "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgresql.psycopg",
        "java.sql.SQLException: No suitable driver found for jdbc:postgresql://db:5432/app",
        "java.lang.ClassNotFoundException: org.postgresql.Driver",
        "Error: Please install pg package manually",
        "DriverPackageNotInstalledError: Postgres package has not been found installed. Try to install it: npm "
        "install pg",
        "Error: Cannot find module 'pg'",
        "Specified 'postgresql' for database adapter, but the gem is not loaded.",
        "LoadError: cannot load such file -- pg",
        "PDOException: could not find driver",
        'sql: unknown driver "postgres" (forgotten import?)',
        "ValueError: the greenlet library is required to use this function. No module named 'greenlet'",
    ),
)  # fmt: skip
# The dynamic linker's words, for libpq and for the libssl of Prisma's engines; and a driver that cannot do what is
# asked.
UNFIT = Sign(
    name="driver-unfit",
    pattern=re.compile(
        r"libpq(?:\.so\.5|\.5\.dylib|\.dll)[^\n]{0,200}?(?:cannot open shared object|No such file|image not found)"
        r"|Error loading shared library lib(?:pq|ssl|crypto)|libssl\.so\.[\d.]{1,6}: cannot open shared object"
        r"|Library not loaded: [^\n]{0,200}libpq|DLL load failed while importing _psycopg|libpq library not found"
        r"|symbol not found in flat namespace '_PQ|undefined symbol: PQ"
        r"|asyncio extension requires an async driver|SCRAM authentication requires libpq version 10"
        r"|authentication type 10 is not supported|Unknown authenticationOk message type"
        r"|could not locate the Query Engine|Query engine library for current platform"
        r"|Unable to require\(`[^`\n]{0,300}query_engine|pg_config executable not found"
    ),
    literals=(
        "libpq.so.5", "libpq.5.dylib", "libpq.dll", "Error loading shared library lib",
        "cannot open shared object", "Library not loaded: ", "DLL load failed while importing _psycopg",
        "libpq library not found", "symbol not found in flat namespace '_PQ", "undefined symbol: PQ",
        "asyncio extension requires an async driver", "SCRAM authentication requires libpq",
        "authentication type 10 is not supported", "Unknown authenticationOk message type",
        "could not locate the Query Engine", "Query engine library for current platform", "Unable to require(",
        "pg_config executable not found",
    ),
    examples=(
        "ImportError: libpq.so.5: cannot open shared object file: No such file or directory",
        "Error loading shared library libpq.so.5: No such file or directory (needed by "
        "/usr/lib/python3.11/_psycopg.so)",
        "Error loading shared library libssl.so.1.1: No such file or directory (needed by libquery_engine.so.node)",
        "ImportError: DLL load failed while importing _psycopg: The specified module could not be found.",
        "sqlalchemy.exc.InvalidRequestError: The asyncio extension requires an async driver to be used. The loaded "
        "'psycopg2' is not async.",
        "psycopg2.OperationalError: SCRAM authentication requires libpq version 10 or above",
        "org.postgresql.util.PSQLException: The authentication type 10 is not supported.",
        "PrismaClientInitializationError: Prisma Client could not locate the Query Engine for runtime",
        "Error: pg_config executable not found.",
    ),
)  # fmt: skip
SIGNS = (ABSENT, UNFIT)
