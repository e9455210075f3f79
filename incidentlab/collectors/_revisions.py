"""Alembic's revision files, read as text and syntax, never imported.

5,000 files have to be read in under a second, and Python's parser takes a third of a millisecond for one; so a file
that looks as Alembic's template writes it is read by search, and whatever does not is parsed. Both give the same
answer where both can; a test holds them to it.
"""

import ast
import re
from collections.abc import Iterable, Mapping

from incidentlab.model.evidence import RevisionFile

_DOCSTRING = re.compile(r"\A\s{0,200}(?:\"\"\"|''\')(?P<text>[^\\]*?)(?:\"\"\"|''\')\s{0,20}\n")
_IDENTITY = re.compile(
    r"^(?P<name>revision|down_revision)(?:\s{0,4}:[^=\n]{0,100})?\s{0,4}=\s{0,4}"
    r"(?:None|(?P<quote>[\"'])(?P<value>[^\"'\\\n]{1,256})(?P=quote))[ \t]{0,80}(?:#.*)?\r?$",
    re.MULTILINE,
)
_FIRST_FUNCTION = re.compile(r"^(?:async\s+)?(?:def|class)\s", re.MULTILINE)
_UPGRADE = re.compile(r"^(?:async\s+)?def\s+upgrade\s*\(", re.MULTILINE)
_NEXT_STATEMENT = re.compile(r"^[^\s#)\]}]", re.MULTILINE)
_COMMENT = re.compile(r"^\s{0,80}#.*$", re.MULTILINE)
_CREATED = re.compile(r"\bcreate_table\(\s{0,200}(?:(?P<quote>[\"'])(?P<name>[^\"'\\\n]{1,128})(?P=quote)|(?P<other>))")
_CREATED_IN_SQL = re.compile(
    r"\bCREATE\s{1,8}(?:UNLOGGED\s{1,8})?TABLE\s{1,8}(?:IF\s{1,8}NOT\s{1,8}EXISTS\s{1,8})?(?P<name>[\w.\"]{1,128})",
    re.IGNORECASE,
)
_LARGEST = 1_000_000  # bytes; a migration that is larger carries data, and its head says all that is asked


def read_revision(path: str, shown: str) -> RevisionFile | None:
    """Return what a migration script says of itself, or ``None`` where it is no migration.

    Raises:
        OSError: it cannot be read.
        SyntaxError, ValueError: it is no Python.
    """
    with open(path, "rb") as file:  # noqa: PTH123  (a Path for each of thousands costs more than the reading)
        source = file.read(_LARGEST).decode("utf-8-sig", "replace")
    if "revision" not in source:
        return None
    identity = _by_search(source) or _by_syntax(source)
    if identity is None:
        return None
    revision, parents, message = identity
    return RevisionFile(revision, parents, shown, message.strip().partition("\n")[0].strip(), _created(source))


_Identity = tuple[str, tuple[str, ...], str]


def _by_search(source: str) -> _Identity | None:
    """Return revision, parents and docstring of a file as the template writes it; ``None`` where it differs."""
    docstring = _DOCSTRING.match(source)
    cut = _FIRST_FUNCTION.search(source)
    head = source[docstring.end() if docstring else 0 : cut.start() if cut else len(source)]
    if '"""' in head or "'''" in head or head.count("revision") < 2:
        return None
    found = {one["name"]: one["value"] for one in _IDENTITY.finditer(head)}
    if len(found) != 2 or not found["revision"]:
        return None
    parent = found["down_revision"]
    return found["revision"], (parent,) if parent else (), docstring["text"] if docstring else ""


def _by_syntax(source: str) -> _Identity | None:
    tree = ast.parse(source)
    names = _assigned(tree.body)
    revision = names.get("revision")
    if not isinstance(revision, str):
        return None
    return revision, _parents(names.get("down_revision")), ast.get_docstring(tree) or ""


def _assigned(body: Iterable[ast.stmt]) -> dict[str, object]:
    found: dict[str, object] = {}
    for statement in body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and target.id in ("revision", "down_revision"):
                found[target.id] = _literal(value)
    return found


def _literal(value: ast.expr) -> object:
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None  # computed at run time; the graph then lacks this edge


def _parents(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, tuple | list | set | frozenset):
        return tuple(sorted(one for one in value if isinstance(one, str)))
    return ()


def _created(source: str) -> tuple[str, ...]:
    upgrade = _UPGRADE.search(source)
    if not upgrade:
        return ()
    body = source[upgrade.end() :]
    after = _NEXT_STATEMENT.search(body)
    body = _COMMENT.sub("", body[: after.start()] if after else body)
    names: dict[str, None] = {}
    for found in _CREATED.finditer(body):
        if found["name"] is None:
            return _created_by_syntax(source)
        names[found["name"]] = None
    for found in _CREATED_IN_SQL.finditer(body):
        names[found["name"].replace('"', "")] = None
    return tuple(names)


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
