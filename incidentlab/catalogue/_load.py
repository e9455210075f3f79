"""A scenario folder → a :class:`Scenario`; every problem is named with file, line and column, all at once."""

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from incidentlab.catalogue import _rules
from incidentlab.catalogue._document import Document, mend, read
from incidentlab.catalogue._problems import Problems
from incidentlab.catalogue._steps import inside, steps
from incidentlab.catalogue._variants import variant, workload
from incidentlab.errors import ScenarioError
from incidentlab.model.scenario import ContextEntry, DatabaseSpec, EngineName, Scenario

if TYPE_CHECKING:
    from pydantic import ValidationError

    from incidentlab.catalogue._format import DatabaseFormat, ScenarioFormat

ENGINES: tuple[EngineName, ...] = ("docker", "local")
FILE_NAME = "scenario.yaml"
_LARGEST_FILE = 256 * 1024  # bytes; a scenario is a page of text


def load(folder: Path, shared: Path) -> Scenario:
    """Read and validate one scenario.

    Args:
        folder: holds ``scenario.yaml`` and the files that belong to it.
        shared: where the entries of ``context`` are looked up; they cannot leave it.

    Raises:
        ScenarioError: with every problem found, each as ``file:line:column: what is wrong``.
    """
    path = folder / FILE_NAME
    document = read(text_of(path), _shown(path))
    parsed = _parse(document)
    problems = Problems(document)
    _check_id(parsed, folder, problems)
    context = tuple(_context_entry(entry, index, shared, problems) for index, entry in enumerate(parsed.context))
    variants = {name: variant(name, parsed, folder, problems) for name in parsed.variants}
    engines, unfit = _engines(parsed, problems)
    scenario = Scenario(
        id=parsed.id,
        title=parsed.title,
        summary=parsed.summary,
        cause=parsed.cause,
        directory=folder,
        context=context,
        variants=variants,
        database=_database(parsed.database),
        engines=engines,
        unfit=unfit,
        before=steps(parsed.before, ("before",), folder, problems),
        during=steps(parsed.during, ("during",), folder, problems),
        workload=workload(parsed.workload),
    )
    _rules.check(scenario, problems)
    problems.raise_if_any()
    return scenario


def _database(given: "DatabaseFormat") -> DatabaseSpec:
    return DatabaseSpec(given.image, given.user, given.name, given.settings, given.rights, given.volume or 0)


def text_of(path: Path) -> str:
    """Return a file's text, where it is text and of a bearable size.

    Raises:
        ScenarioError: it is not, or cannot be read.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ScenarioError(
                f"{_shown(path)} is too large.",
                [f"{_shown(path)}: over {_LARGEST_FILE} bytes"],
                mend=mend(_shown(path)),
            )
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{_shown(path)} cannot be read.",
            [f"{_shown(path)}: not UTF-8 at byte {error.start}"],
            mend=mend(_shown(path)),
        ) from None
    except OSError as error:
        raise ScenarioError(
            f"{_shown(path)} cannot be read.", [f"{_shown(path)}: {error.strerror}"], mend=mend(_shown(path))
        ) from None


def _shown(path: Path) -> str:
    """Name a file shortly: relative to where the user is, where that is possible."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere, or the user's folder has been removed under them
        return str(path)


def _parse(document: Document) -> "ScenarioFormat":
    from pydantic import ValidationError

    from incidentlab.catalogue._format import ScenarioFormat

    problems = Problems(document)
    if not isinstance(document.value, dict):
        problems.add((), "has to hold keys and values, such as `id: my-scenario`")
        problems.raise_if_any()
    try:
        return ScenarioFormat.model_validate(document.value, by_alias=True)
    except ValidationError as error:
        tell_all(error, document, problems)
        problems.raise_if_any()
        raise  # not reached: a ValidationError has at least one detail


def tell_all(error: "ValidationError", document: Document, problems: Problems) -> None:
    """Tell ``problems`` what pydantic holds against a file, each with its place there."""
    for detail in error.errors(include_url=False, include_context=False):
        where = _yaml_path(detail["loc"], document)
        problems.add(where, _sentence(detail["type"], detail["msg"], where, detail["loc"]))


def _yaml_path(loc: tuple[str | int, ...], document: Document) -> tuple[str | int, ...]:
    """Return the place in the file that an error is about; pydantic also names the branches of its own unions."""
    path: tuple[str | int, ...] = ()
    for part in loc:
        path = (*path, part) if (*path, part) in document.places else path
    return path


def _sentence(kind: str, message: str, where: tuple[str | int, ...], loc: tuple[str | int, ...]) -> str:
    name = str(where[-1]) if where else ""
    if kind == "extra_forbidden":
        return f"the key {name!r} is not known here"
    if kind == "missing":
        return f"the key {str(loc[-1])!r} is missing"
    return f"{name!r}: {message.removeprefix('Value error, ')}"


def _check_id(parsed: "ScenarioFormat", folder: Path, problems: Problems) -> None:
    if parsed.id != folder.name:
        problems.add(("id",), f"the id {parsed.id!r} has to be the folder's name, {folder.name!r}")


def _context_entry(entry: str, index: int, shared: Path, problems: Problems) -> ContextEntry:
    source = inside(shared, entry)
    if source is None:
        problems.add(("context", index), f"{entry!r} leads outside of the shared folder")
    elif not source.exists():
        problems.add(("context", index), f"{entry!r} does not exist in {_shown(shared)}")
    return ContextEntry(str(PurePosixPath(entry)), source or shared)


def _engines(parsed: "ScenarioFormat", problems: Problems) -> tuple[tuple[EngineName, ...], dict[str, str]]:
    """Return the engines that can run it, and of the others why they cannot."""
    if isinstance(parsed.engines, list):
        return tuple(parsed.engines), {}
    given = {"docker": parsed.engines.docker, "local": parsed.engines.local}
    able: tuple[EngineName, ...] = tuple(name for name in ENGINES if given[name] is True)
    if not able:
        problems.add(("engines",), "has no engine that can run it")
    return able, {name: why for name, why in given.items() if isinstance(why, str)}
