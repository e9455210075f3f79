"""What PostgreSQL's error codes are called by the drivers.

Source: PostgreSQL's manual, appendix A; psycopg names its classes after the condition names there, asyncpg
adds ``Error`` to most of them. A test holds this table to psycopg's own.
"""

import re

_STATES = {
    "ConnectionException": "08000",
    "SqlclientUnableToEstablishSqlconnection": "08001",
    "ConnectionDoesNotExist": "08003",
    "SqlserverRejectedEstablishmentOfSqlconnection": "08004",
    "ConnectionFailure": "08006",
    "FeatureNotSupported": "0A000",
    "DataException": "22000",
    "StringDataRightTruncation": "22001",
    "NumericValueOutOfRange": "22003",
    "InvalidTextRepresentation": "22P02",
    "IntegrityConstraintViolation": "23000",
    "NotNullViolation": "23502",
    "ForeignKeyViolation": "23503",
    "UniqueViolation": "23505",
    "CheckViolation": "23514",
    "ExclusionViolation": "23P01",
    "ActiveSqlTransaction": "25001",
    "ReadOnlySqlTransaction": "25006",
    "InFailedSqlTransaction": "25P02",
    "IdleInTransactionSessionTimeout": "25P03",
    "InvalidAuthorizationSpecification": "28000",
    "InvalidPassword": "28P01",
    "DependentObjectsStillExist": "2BP01",
    "InvalidCatalogName": "3D000",
    "InvalidSchemaName": "3F000",
    "SerializationFailure": "40001",
    "DeadlockDetected": "40P01",
    "InsufficientPrivilege": "42501",
    "SyntaxError": "42601",
    "UndefinedColumn": "42703",
    "UndefinedObject": "42704",
    "UndefinedFunction": "42883",
    "UndefinedTable": "42P01",
    "DuplicateColumn": "42701",
    "DuplicateObject": "42710",
    "DuplicateFunction": "42723",
    "DuplicateDatabase": "42P04",
    "DuplicateSchema": "42P06",
    "DuplicateTable": "42P07",
    "InvalidTableDefinition": "42P16",
    "DatatypeMismatch": "42804",
    "DiskFull": "53100",
    "OutOfMemory": "53200",
    "TooManyConnections": "53300",
    "ConfigurationLimitExceeded": "53400",
    "ProgramLimitExceeded": "54000",
    "ObjectNotInPrerequisiteState": "55000",
    "ObjectInUse": "55006",
    "LockNotAvailable": "55P03",
    "QueryCanceled": "57014",
    "AdminShutdown": "57P01",
    "CrashShutdown": "57P02",
    "CannotConnectNow": "57P03",
    "DatabaseDropped": "57P04",
    "IoError": "58030",
    "UndefinedFile": "58P01",
    "InternalError": "XX000",
    "DataCorrupted": "XX001",
    "IndexCorrupted": "XX002",
}
CODES = frozenset(_STATES.values()) | {"2200H"}
# The DB-API's own classes share these two names and say nothing about the state.
_AMBIGUOUS = frozenset({"InternalError", "SyntaxError"})
_DRIVERS = ("psycopg", "asyncpg", "pg8000", "PG")

# SQLSTATE[42P01], (SQLSTATE 42P01), ERROR 42P01 (undefined_table), code: '42P01', Code: `42P01`, sqlState: 42P01
_IN_TEXT = re.compile(
    r"(?:\bSQLSTATE\b|\bERROR\b|\bFATAL\b|\bcode\b)[\"']?[\s:=\[(]{1,4}[`'\"]?(?P<code>[0-9A-Z]{5})\b", re.IGNORECASE
)


def of_class(dotted: str) -> str | None:
    """Return the SQLSTATE that a driver's exception class stands for: ``psycopg.errors.UndefinedTable`` → ``42P01``."""
    package, _, name = dotted.replace("::", ".").rpartition(".")
    if name in _AMBIGUOUS and "errors" not in package:
        return None
    if package and not package.startswith(_DRIVERS):
        return None
    return _STATES.get(name) or _STATES.get(name.removesuffix("Error"))


def in_text(text: str) -> str | None:
    """Return the SQLSTATE which a line spells out, where it is one that PostgreSQL has."""
    # The cheap look first; the names are found in any case, these letters are in all of them.
    lower = text.lower()
    if "sqlstate" not in lower and "code" not in lower and "error" not in lower and "fatal" not in lower:
        return None
    for found in _IN_TEXT.finditer(text):
        if found["code"] in CODES:
            return found["code"]
    return None
