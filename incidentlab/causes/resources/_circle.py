"""What PostgreSQL says of a circle of locks, in any of its languages: the statements, the table, the kind of lock."""

import re

from incidentlab.causes._account import Account

# 'while locking tuple (12,5) in relation "jobs"' and its translations: the row's place and the quoted name stand beside
# each other, in the one order or, in Japanese and Chinese, in the other. A list of numbers in SQL looks like a place.
_RELATION = re.compile(
    r"\(\d{1,10}, ?\d{1,6}\)[^\n\"«»„“”]{1,40}\\?[\"«»„“]\s?(?P<name>[^\"«»„“”\\\n]{1,120}?)\s?\\?[\"«»“”]"
    r"(?=\s{0,4}(?:$|\\n|['\")\]},]))"
    r"|[\"“]\s?(?P<before>[^\"“”\\\n]{1,120}?)\\?[\"”][^\n\"“”()A-Za-z]{1,40}"
    r"\(\d{1,10}, ?\d{1,6}\)[^\n]{0,4}[ぁ-ヿ㐀-鿿]"
    r"|\bin relation \\?[\"«„']{1,2}(?P<plain>[^\"»“'\\]{1,120})",
    re.MULTILINE,
)
_TABLE = re.compile(r"\b(?:UPDATE(?: ONLY)?|INSERT INTO|FROM|LOCK TABLE) {1,4}(?P<name>[\w.\"]{1,130})", re.IGNORECASE)
# DETAIL names each process and its statement: "Process 91: UPDATE …", "Prozess 91: …", "Processus 91 : …".
_STATEMENT = re.compile(
    r"^\s{0,8}(?:[^\W\d]{2,20}\s{1,2}\d{1,10}|\d{1,10}\s[^\W\d]{2,20})\s?[:：] ?"  # noqa: RUF001 - the sign itself
    r"(?P<sql>(?:/\*[^\n]{0,200}?\*/ ?)?(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|COPY|CALL|EXECUTE|DO|CREATE|ALTER"
    r"|DROP|TRUNCATE|COMMENT|GRANT|REVOKE|LOCK|REFRESH|REINDEX|VACUUM|ANALYZE|autovacuum: )\b[^\n]{0,300})",
    re.MULTILINE | re.IGNORECASE,
)
# Locks that only definitions take, and the words of those who define: then the start of several replicas is likely.
# On a row, "tuple (12,5)", SELECT … FOR UPDATE takes the strongest of them too.
_DEFINING = re.compile(
    r"\bwaits for ExclusiveLock on relation\b"
    r"|\b(?:AccessExclusiveLock|ShareRowExclusiveLock|ShareUpdateExclusiveLock)\b"
)
# Locks that reading and writing take, as a service does all day.
_EVERYDAY = re.compile(r"\b(?:AccessShareLock|RowShareLock|RowExclusiveLock)\b")
# A wait for somebody else's key: older servers name the table, newer ones the index.
_INDEX_TUPLE = re.compile(r"\binserting index tuple \(")
_INDEX = re.compile(r"_(?:p?key|pk|idx|index|uniq|unique|uq|ukey)$|^(?:idx|ix|uq|pk)_", re.IGNORECASE)
_ROW = re.compile(r"\(\d{1,10}, ?\d{1,6}\)")
_DEFINES = re.compile(r"(?:CREATE|ALTER|DROP|TRUNCATE|COMMENT|GRANT|REVOKE|LOCK)\b")


def between_definitions(account: Account) -> bool:
    """Whether a statement of the circle, or a lock that only definitions take, changes the schema."""
    lines = account.text.split("\n")
    return any(_DEFINES.match(sql) for sql in statements(account)) or any(
        _DEFINING.search(line) and not _ROW.search(line) for line in lines
    )


def against_traffic(account: Account) -> bool:
    """Whether one side of the circle defines, and the other only reads or writes: one migration, and a busy service."""
    lines = [line for line in account.text.split("\n") if not _ROW.search(line) and not _STATEMENT.match(line)]
    return any(_DEFINING.search(line) for line in lines) and any(
        _EVERYDAY.search(line) and not _DEFINING.search(line) for line in lines
    )


def index(account: Account) -> str:
    """Return the index, in words, into which both sides put their keys; "" where they wait for rows."""
    name = relation(account)
    if name and _INDEX.search(name):
        return f"the index {name}"
    return f"an index of {name}" if name and _INDEX_TUPLE.search(account.text) else ""


def statements(account: Account) -> tuple[str, ...]:
    """Return the two statements that wait for each other, as far as they are named."""
    return tuple(dict.fromkeys(found["sql"] for found in _STATEMENT.finditer(account.text)))[:2]


def relation(account: Account) -> str:
    """Return the table whose rows were locked, by the server's CONTEXT or by both of its statements."""
    said = "\n".join(line for line in account.text.split("\n") if not _STATEMENT.match(line))
    found = _RELATION.search(said)
    if found:
        return found["name"] or found["before"] or found["plain"]
    tables = {table["name"].replace('"', "") for sql in statements(account) if (table := _TABLE.search(sql))}
    return tables.pop() if len(tables) == 1 and len(statements(account)) > 1 else ""
