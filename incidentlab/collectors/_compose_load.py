"""Compose files → one project: variables put in, ``extends`` and ``include`` followed, files merged in their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from incidentlab.collectors import _compose_files as files
from incidentlab.collectors import _compose_keys, _compose_yaml
from incidentlab.collectors._compose_merge import canonical, merged, settled
from incidentlab.collectors._compose_variables import Variables
from incidentlab.collectors._compose_yaml import Items, Map, Reset, Value
from incidentlab.errors import UsageError

_DEEPEST = 16  # includes within includes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service begins."""

    path: str
    line: int | None


@dataclass(slots=True)
class Project:
    """Services in their long form, by name, with the place of each; ``folder`` is what their paths are relative to."""

    folder: Path
    variables: Variables
    name: str = ""  # as the files have it
    services: dict[str, Map] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def load(paths: Sequence[Path], variables: Variables, folder: Path | None = None, depth: int = 0) -> Project:
    """Read files on top of each other.

    Args:
        paths: the files, the base first.
        variables: what they may use.
        folder: what paths in them are relative to; by default the first file's.
        depth: how many includes led here.

    Raises:
        UsageError: a file cannot be read or is no compose file.
    """
    project = Project(folder or paths[0].parent, variables)
    for path in paths:
        project.paths.append(str(path))
        for document in _documents(path, project):
            _add(document, path, project, depth)
    for name, service in project.services.items():
        project.services[name] = settled(service)
    return project


def _documents(path: Path, project: Project) -> list[Map]:
    documents, remarks = _compose_yaml.read(files.text_of(path), str(path))
    project.unread += remarks
    return documents


def _add(document: Map, path: Path, project: Project, depth: int) -> None:
    _include(document, path, project, depth)
    name = project.variables.put_into(document.get("name"))
    project.name = name if isinstance(name, str) and name else project.name
    services = _services(document, path, project)
    project.unread += _compose_keys.remarks(document, _written(document), str(path))
    for name, written in services.items():
        if isinstance(written, Reset):
            project.services.pop(name, None)
            continue
        service = _extended(services, name, path, project, ())
        known = project.services.get(name)
        project.services[name] = merged(known, service) if known is not None and not service.overrides else service
        project.places.setdefault(name, Place(str(path), services.lines.get(name) or None))


def _services(document: Map, path: Path, project: Project) -> Map:
    """Return a document's services, each with the variables put in."""
    services = document.get("services")
    if services is None and "services" not in document and _is_first_format(document):
        services = document
    if isinstance(services, Map):
        return _put_into(services, project)
    if "services" in document and services is not None:
        project.unread.append(f"{path}: services is no mapping; nothing of it was read.")
    return Map()


def _written(document: Map) -> Map:
    """Return a document's services as they were written, each key with its line."""
    services = document.get("services", document)
    return services if isinstance(services, Map) else Map()


def _put_into(services: Map, project: Project) -> Map:
    result = Map({name: project.variables.put_into(service) for name, service in services.items()})
    result.lines = services.lines
    return result


def _is_first_format(document: Map) -> bool:
    """Whether it is a file of compose's first format, whose services stand at the top."""
    values = list(document.values())
    return bool(values) and all(isinstance(one, Map) and ("image" in one or "build" in one) for one in values)


def _extended(services: Map, name: str, path: Path, project: Project, via: tuple[tuple[str, str], ...]) -> Map:
    """Return a service on top of the one that it extends."""
    own = canonical(services[name])
    wish = own.pop("extends", None)
    if not isinstance(wish, str | Map):
        return own
    base = wish if isinstance(wish, str) else _word(wish.get("service"))
    file = _word(wish.get("file")) if isinstance(wish, Map) else ""
    here = (str(path), name)
    if here in via:
        project.unread.append(f"{path}: the service {name} extends itself; the circle was cut.")
        return own
    other, others = path, services
    if file:
        other = path.parent / file
        try:
            documents = _documents(other, project)
        except UsageError as error:
            project.unread.append(f"{path}: {name} extends a service of {file}. {error.what} {error.why}".strip())
            return own
        others = _services(documents[0], other, project) if documents else Map()
    if base not in others:
        project.unread.append(f"{path}: {name} extends the service {base}, which is not in {other}.")
        return own
    inherited = _extended(others, base, other, project, (*via, here))
    return merged(_moved(inherited, other.parent, project.folder) if file else inherited, own)


def _moved(service: Map, source: Path, folder: Path) -> Map:
    """Return a service of a file elsewhere with its environment files named from there."""
    entries = service.get("env_file")
    if source == folder or not isinstance(entries, Items):
        return service
    moved = Items(str(source / entry) if isinstance(entry, str) else _moved_entry(entry, source) for entry in entries)
    return merged(service, Map({"env_file": _overriding(moved)}))


def _moved_entry(entry: Value, source: Path) -> Value:
    return merged(entry, Map({"path": str(source / _word(entry.get("path")))})) if isinstance(entry, Map) else entry


def _overriding(items: Items) -> Items:
    items.overrides = True
    return items


def _include(document: Map, path: Path, project: Project, depth: int) -> None:
    wishes = project.variables.put_into(document.get("include"))
    for wish in wishes if isinstance(wishes, Items) else ():
        named = wish.get("path") if isinstance(wish, Map) else wish
        paths = [path.parent / part for part in _words(named)]
        if not paths:
            continue
        folder = path.parent / _word(wish.get("project_directory")) if isinstance(wish, Map) else paths[0].parent
        if isinstance(wish, Map) and not wish.get("project_directory"):
            folder = paths[0].parent
        shown = ", ".join(_words(named))
        if depth >= _DEEPEST:
            project.unread.append(f"{path}: it includes {shown}; includes that deep were not followed.")
            continue
        try:
            inner = load(paths, project.variables, folder, depth + 1)
        except UsageError as error:
            project.unread.append(f"{path}: it includes {shown}, which was not read. {error.what} {error.why}".strip())
            continue
        _take(inner, path, project)


def _take(inner: Project, path: Path, project: Project) -> None:
    project.paths += inner.paths
    project.unread += inner.unread
    for name, service in inner.services.items():
        if name in project.services:
            project.unread.append(f"{path}: the service {name} stands in two included files; the first was read.")
            continue
        project.services[name] = _moved(service, inner.folder, project.folder)
        project.places[name] = inner.places[name]


def _word(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _words(value: Value) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, Items) else []


def variables_of(folder: Path, environment: Mapping[str, str]) -> Variables:
    """Return the variables that the files of a project may use: the shell's, and below them those of ``.env``."""
    return Variables({**files.dotenv(folder, environment), **environment})
