"""Django's migrations, read as text: ``app/migrations/0001_initial.py`` in as many apps as there are.

A migration is ``app.name``, as django_migrations has it. The app's label is taken to be its folder's name; an
``AppConfig.label`` of another name is not followed. Source: django/db/migrations/loader.py and graph.py.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from incidentlab.collectors._revisions import read_start
from incidentlab.collectors._tree import Folder, shown
from incidentlab.model.evidence import RevisionFile

_CLASS = re.compile(r"^class\s{1,8}Migration\s{0,8}\(", re.MULTILINE)
_LIST = r"^\s{1,16}%s\s{0,4}(?::[^=\n]{0,80})?=\s{0,4}[\[(](?P<inside>[^\]=]{0,100000})"
_DEPENDENCIES = re.compile(_LIST % "dependencies", re.MULTILINE)
_REPLACES = re.compile(_LIST % "replaces", re.MULTILINE)
_PAIR = re.compile(r"\(\s{0,80}[\"'](?P<app>\w{1,100})[\"']\s{0,8},\s{0,80}[\"'](?P<name>[^\"'\n]{1,255})[\"']")
_OPERATION = re.compile(r"\bmigrations\.(?P<kind>\w{1,40})\(")
_NAME = re.compile(r"\b(?P<key>model_name|name)\s{0,4}=\s{0,4}[\"'](?P<value>\w{1,128})[\"']")
_FIRST_WORDS = re.compile(r"\s{0,80}[\"'](?P<first>\w{1,128})[\"']\s{0,8},\s{0,80}(?:[\"'](?P<second>\w{1,128})[\"'])?")
_TABLE = re.compile(r"[\"']db_table[\"']\s{0,4}:\s{0,4}[\"'](?P<table>[^\"'\n]{1,128})[\"']")
_COLUMN = re.compile(r"\bdb_column\s{0,4}=\s{0,4}[\"'](?P<column>[^\"'\n]{1,128})[\"']")
_FIELD = re.compile(r"\bmodels\.(?P<type>\w{1,60})\(|\.(?P<other>\w{1,60}Field)\(")
_MOST = 20_000


def read(root: Path, tree: Sequence[Folder], unread: list[str]) -> tuple[RevisionFile, ...]:
    """Return the migrations of every app below ``root``; what cannot be read is added to ``unread``."""
    found: list[RevisionFile] = []
    tables: dict[tuple[str, str], str] = {}
    for folder, files in tree:
        if folder.name != "migrations" or folder == root:
            continue
        for name in files[: _MOST - len(found)]:
            if name.endswith(".py") and not name.startswith(("_", "~", ".")):
                path = folder / name
                try:
                    source = read_start(str(path)).decode("utf-8-sig", "replace")
                except OSError as error:
                    unread.append(f"{shown(root, path)} could not be read: {error.strerror}.")
                    continue
                if "migrations" in source and _CLASS.search(source):
                    found.append(_migration(folder.parent.name, name[:-3], source, shown(root, path), tables))
    return tuple(found)


def _migration(app: str, name: str, source: str, path: str, tables: dict[tuple[str, str], str]) -> RevisionFile:
    pairs = _pairs(_DEPENDENCIES, source)
    creates, adds = _operations(app, source, tables)
    return RevisionFile(
        revision=f"{app}.{name}",
        down_revisions=tuple(f"{app}.{one}" for other, one in pairs if other == app),
        path=path,
        message=name.partition("_")[2].replace("_", " "),
        creates_tables=creates,
        adds_columns=adds,
        # "__first__" and "__latest__" say no name.
        depends_on=tuple(f"{other}.{one}" for other, one in pairs if other != app and not one.startswith("__")),
        replaces=tuple(f"{other}.{one}" for other, one in _pairs(_REPLACES, source)),
    )


def _pairs(where: re.Pattern[str], source: str) -> list[tuple[str, str]]:
    found = where.search(source)
    return [(one["app"], one["name"]) for one in _PAIR.finditer(found["inside"])] if found else []


def _operations(
    app: str, source: str, tables: dict[tuple[str, str], str]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return the tables that are created and the columns that are added; ``tables`` remembers a model's own name."""
    creates: list[str] = []
    adds: list[tuple[str, str]] = []
    starts = list(_OPERATION.finditer(source))
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(source)
        inside = source[start.end() : end]
        if start["kind"] == "CreateModel" and (model := _argument(inside, "name", 0)):
            named = _TABLE.search(inside)
            tables[app, model.lower()] = table = named["table"] if named else f"{app}_{model.lower()}"
            creates.append(table)
        elif start["kind"] == "AddField" and (column := _column(inside)):
            model = _argument(inside, "model_name", 0).lower()
            adds.append((tables.get((app, model), f"{app}_{model}"), column))
    return tuple(dict.fromkeys(creates)), tuple(dict.fromkeys(adds))


def _argument(inside: str, key: str, place: int) -> str:
    for found in _NAME.finditer(inside[:2_000]):
        if found["key"] == key:
            return found["value"]
    words = _FIRST_WORDS.match(inside)
    return ((words["first"], words["second"])[place] or "") if words else ""


def _column(inside: str) -> str:
    name = _argument(inside, "name", 1)
    field = _FIELD.search(inside)
    kind = (field["type"] or field["other"]) if field else ""
    if kind == "ManyToManyField":
        return ""  # a table of its own
    given = _COLUMN.search(inside)
    if given:
        return given["column"]
    return f"{name}_id" if name and kind in ("ForeignKey", "OneToOneField") else name
