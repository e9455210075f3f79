"""What a revision's ``upgrade`` makes, read as text: the tables it creates and the columns it adds."""

import ast
import re
from collections.abc import Mapping

_UPGRADE = re.compile(r"^(?:async\s+)?def\s+upgrade\s*\(", re.MULTILINE)
# Not just any line at the margin: SQL within three quotes stands there as well.
_NEXT_STATEMENT = re.compile(
    r"^(?:(?:async\s{1,8})?def|class)\s|^@|^[A-Za-z_]\w{0,80}\s{0,8}(?::[^=\n]{0,80})?=[^=]", re.MULTILINE
)
_COMMENT = re.compile(r"^\s{0,80}#.*$", re.MULTILINE)
_CREATED = re.compile(r"\bcreate_table\(\s{0,200}(?:(?P<quote>[\"'])(?P<name>[^\"'\\\n]{1,128})(?P=quote)|(?P<other>))")
_CREATED_IN_SQL = re.compile(
    r"\bCREATE\s{1,8}(?:UNLOGGED\s{1,8})?TABLE\s{1,8}(?:IF\s{1,8}NOT\s{1,8}EXISTS\s{1,8})?(?P<name>[\w.\"]{1,128})",
    re.IGNORECASE,
)
# op.add_column("t", sa.Column("c", …)); within "with op.batch_alter_table("t") as batch:" the table is not repeated.
_COLUMN = re.compile(
    r"\bbatch_alter_table\(\s{0,200}(?:table_name\s{0,4}=\s{0,4})?[\"'](?P<batch>[^\"'\\\n]{1,128})[\"']"
    r"|\badd_column\(\s{0,200}(?:(?:table_name\s{0,4}=\s{0,4})?[\"'](?P<table>[^\"'\\\n]{1,128})[\"']\s{0,4},\s{0,200})?"
    r"(?:column\s{0,4}=\s{0,4})?(?:\w{1,40}\.){0,3}Column\(\s{0,200}(?:name\s{0,4}=\s{0,4})?"
    r"[\"'](?P<column>[^\"'\\\n]{1,128})[\"']"
)
_COLUMN_IN_SQL = re.compile(
    r"\bALTER\s{1,8}TABLE\s{1,8}(?:IF\s{1,8}EXISTS\s{1,8})?(?:ONLY\s{1,8})?(?P<table>[\w.\"]{1,128})\s{1,40}"
    r"ADD\s{1,8}COLUMN\s{1,8}(?:IF\s{1,8}NOT\s{1,8}EXISTS\s{1,8})?(?P<column>[\w\"]{1,128})",
    re.IGNORECASE,
)
_Made = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]


def made(source: str) -> _Made:
    """Return the tables that ``upgrade`` creates and the (table, column) pairs that it adds."""
    start = source.find("\ndef upgrade(")
    if start < 0:
        found = _UPGRADE.search(source)
        if not found:
            return (), ()
        start = found.start()
    line_end = source.find("\n", start + 1)
    after = _NEXT_STATEMENT.search(source, line_end + 1) if line_end >= 0 else None
    body = source[start : after.start() if after else len(source)]
    if "#" in body:
        body = _COMMENT.sub("", body)
    # The searches for SQL are slow ones, and few migrations are written in it.
    in_sql = " TABLE" in body.upper()
    return _created(body, source, in_sql), _added(body, in_sql)


def _created(body: str, source: str, in_sql: bool) -> tuple[str, ...]:
    names: dict[str, None] = {}
    if "create_table" not in body and not in_sql:
        return ()
    for found in _CREATED.finditer(body):
        if found["name"] is None:
            return _created_by_syntax(source)
        names[found["name"]] = None
    for found in _CREATED_IN_SQL.finditer(body) if in_sql else ():
        names[found["name"].replace('"', "")] = None
    return tuple(names)


def _added(body: str, in_sql: bool) -> tuple[tuple[str, str], ...]:
    pairs: dict[tuple[str, str], None] = {}
    if "add_column" in body:
        batch = ""
        for found in _COLUMN.finditer(body):
            batch = found["batch"] or batch
            if found["column"] and (found["table"] or batch):
                pairs[found["table"] or batch, found["column"]] = None
    for found in _COLUMN_IN_SQL.finditer(body) if in_sql else ():
        pairs[found["table"].replace('"', ""), found["column"].replace('"', "")] = None
    return tuple(pairs)


def _created_by_syntax(source: str) -> tuple[str, ...]:
    # op.create_table(NAME, …) or table_name="…": the constants of the module are known to its syntax tree alone.
    tree = ast.parse(source)
    constants = {
        target.id: statement.value.value
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    names: dict[str, None] = {}
    for function in tree.body:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name == "upgrade":
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "create_table":
                    name = _table_name(call, constants)
                    if name:
                        names[name] = None
    return tuple(names)


def _table_name(call: ast.Call, constants: Mapping[str, object]) -> str | None:
    given = call.args[:1] or [one.value for one in call.keywords if one.arg == "table_name"]
    value: object = None
    if given and isinstance(given[0], ast.Constant):
        value = given[0].value
    elif given and isinstance(given[0], ast.Name):
        value = constants.get(given[0].id)
    return value if isinstance(value, str) else None
