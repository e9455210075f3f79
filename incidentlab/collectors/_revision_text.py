"""What an Alembic script says of itself: its identity, read as text and syntax, never imported.

5,000 files have to be read in under a second, and Python's parser takes a third of a millisecond for one; so a file
that looks as Alembic's template writes it is read by search, and whatever does not is parsed. Both give the same
answer where both can; a test holds them to it.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

_DOCSTRING = re.compile(r"\A\s{0,200}(?:\"\"\"|''\')(?P<text>[^\\]*?)(?:\"\"\"|''\')\s{0,20}\n")
_IDENTITY = re.compile(
    r"^(?P<name>revision|down_revision|branch_labels|depends_on)(?:\s{0,4}:[^=\n]{0,100})?\s{0,4}=\s{0,4}"
    r"(?:None|(?P<quote>[\"'])(?P<value>[^\"'\\\n{]{1,256})(?P=quote))[ \t]{0,80}(?:#.*)?\r?$",
    re.MULTILINE,
)
_NAMES = ("revision", "down_revision", "branch_labels", "depends_on")


@dataclass(frozen=True, slots=True)
class Identity:
    """What stands at the head of a revision file; ``computed`` names what only running it would tell."""

    revision: str
    parents: tuple[str, ...] = ()
    message: str = ""
    branch_labels: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()


def identity(source: str) -> Identity | None:
    """Return who a script is, or ``None`` where it is no migration; an empty revision is one that is computed.

    Raises:
        SyntaxError, ValueError, RecursionError: it is no Python.
    """
    return by_search(source) or by_syntax(source)


def by_search(source: str) -> Identity | None:
    """Return the identity of a file as the template writes it; ``None`` where it differs."""
    docstring = _DOCSTRING.match(source)
    after = docstring.end() if docstring else 0
    head = source[after : _first_function(source, after)]
    if '"""' in head or "'''" in head:
        return None
    found = {one["name"]: one["value"] for one in _IDENTITY.finditer(head)}
    if "revision" not in found or "down_revision" not in found or not found["revision"]:
        return None
    # Whatever else the head says of these names is beyond a search: a tuple, a second assignment, a condition.
    if head.count("branch_labels") > ("branch_labels" in found) or head.count("depends_on") > ("depends_on" in found):
        return None
    return Identity(
        found["revision"],
        _one(found["down_revision"]),
        (docstring["text"] if docstring else "").strip().partition("\n")[0].strip(),
        _one(found.get("branch_labels")),
        _one(found.get("depends_on")),
    )


def _first_function(source: str, start: int) -> int:
    # Several plain searches are quicker than one for any of them.
    places = [source.find(word, start) for word in ("\ndef ", "\nclass ", "\nasync ", "\n@")]
    return min((place for place in places if place >= 0), default=len(source))


def _one(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def by_syntax(source: str) -> Identity | None:
    """Return the identity of any file that is Python."""
    tree = ast.parse(source)
    names, computed = _assigned(tree.body)
    revision = names.get("revision")
    if not isinstance(revision, str):
        return Identity("", computed=("revision",)) if "revision" in computed and "down_revision" in names else None
    return Identity(
        revision,
        _texts(names.get("down_revision")),
        (ast.get_docstring(tree) or "").strip().partition("\n")[0].strip(),
        _texts(names.get("branch_labels")),
        _texts(names.get("depends_on")),
        tuple(sorted(computed)),
    )


def _assigned(body: Iterable[ast.stmt]) -> tuple[dict[str, object], set[str]]:
    found: dict[str, object] = {}
    computed: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and target.id in _NAMES:
                found[target.id], known = _literal(value, found)
                (computed.discard if known else computed.add)(target.id)
    return found, computed


def _literal(value: ast.expr, names: dict[str, object]) -> tuple[object, bool]:
    if isinstance(value, ast.Name) and value.id in names:
        return names[value.id], True
    try:
        return ast.literal_eval(value), True
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None, False  # computed at run time; the graph then lacks this edge


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, tuple | list | set | frozenset):
        return tuple(sorted({one for one in value if isinstance(one, str)}))
    return ()
