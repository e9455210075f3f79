"""A scenario folder → a :class:`Scenario`; every problem is named with file, line and column, all at once."""

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from incidentlab.catalogue._document import Document, read
from incidentlab.errors import ScenarioError
from incidentlab.model.scenario import (
    ContextEntry,
    DatabaseSpec,
    Expectation,
    ExpectedAnswer,
    ExpectedDatabase,
    ExpectedLog,
    Scenario,
    Variant,
)

if TYPE_CHECKING:
    from incidentlab.catalogue._format import ExpectFormat, ScenarioFormat

FILE_NAME = "scenario.yaml"
_MEND = ("Mend the file, then check with: incidentlab scenarios validate",)
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
    document = read(_text(path), _shown(path))
    parsed = _parse(document)
    problems = _Problems(document)
    _check_id(parsed, folder, problems)
    context = tuple(_context_entry(entry, index, shared, problems) for index, entry in enumerate(parsed.context))
    variants = {name: _variant(name, parsed, folder, problems) for name in parsed.variants}
    problems.raise_if_any()
    database = parsed.database
    return Scenario(
        id=parsed.id,
        title=parsed.title,
        summary=parsed.summary,
        cause=parsed.cause,
        directory=folder,
        context=context,
        variants=variants,
        database=DatabaseSpec(database.image, database.user, database.name, database.settings),
        engines=tuple(parsed.engines),
    )


class _Problems:
    """Collects what is wrong, so that an author sees all of it in one go."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.found: list[str] = []

    def add(self, path: tuple[str | int, ...], sentence: str) -> None:
        self.found.append(f"{self._document.at(path)}: {sentence}")

    def raise_if_any(self) -> None:
        if self.found:
            raise ScenarioError(
                f"{self._document.name} cannot be used.",
                self.found,
                mend=["Correct the lines above, then check with: incidentlab scenarios validate"],
            )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ScenarioError(
                f"{_shown(path)} is too large.", [f"{_shown(path)}: over {_LARGEST_FILE} bytes"], mend=_MEND
            )
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{_shown(path)} cannot be read.", [f"{_shown(path)}: not UTF-8 at byte {error.start}"], mend=_MEND
        ) from None
    except OSError as error:
        raise ScenarioError(
            f"{_shown(path)} cannot be read.", [f"{_shown(path)}: {error.strerror}"], mend=_MEND
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

    problems = _Problems(document)
    if not isinstance(document.value, dict):
        problems.add((), "has to hold keys and values, such as `id: my-scenario`")
        problems.raise_if_any()
    try:
        return ScenarioFormat.model_validate(document.value, by_alias=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            problems.add(_yaml_path(detail["loc"]), _sentence(detail["type"], detail["msg"], detail["loc"]))
        problems.raise_if_any()
        raise  # not reached: a ValidationError has at least one detail


def _yaml_path(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return tuple(part for part in loc if part != "[key]")


def _sentence(kind: str, message: str, loc: tuple[str | int, ...]) -> str:
    name = str(loc[-1]) if loc else ""
    if kind == "extra_forbidden":
        return f"the key {name!r} is not known here"
    if kind == "missing":
        return f"the key {name!r} is missing"
    return f"{name!r}: {message.removeprefix('Value error, ')}"


def _check_id(parsed: "ScenarioFormat", folder: Path, problems: _Problems) -> None:
    if parsed.id != folder.name:
        problems.add(("id",), f"the id {parsed.id!r} has to be the folder's name, {folder.name!r}")


def _context_entry(entry: str, index: int, shared: Path, problems: _Problems) -> ContextEntry:
    source = _inside(shared, entry)
    if source is None:
        problems.add(("context", index), f"{entry!r} leads outside of the shared folder")
    elif not source.exists():
        problems.add(("context", index), f"{entry!r} does not exist in {_shown(shared)}")
    return ContextEntry(str(PurePosixPath(entry)), source or shared)


def _inside(root: Path, relative: str) -> Path | None:
    """Return the path below ``root``, or ``None`` where it would leave it (by ``..``, from ``/`` or by a link)."""
    path = (root / relative).resolve()
    return path if path.is_relative_to(root.resolve()) and not Path(relative).is_absolute() else None


def _variant(name: str, parsed: "ScenarioFormat", folder: Path, problems: _Problems) -> Variant:
    given = parsed.variants[name]
    where = ("variants", name, "dockerfile")
    dockerfile = _inside(folder, given.dockerfile)
    if dockerfile is None:
        problems.add(where, f"{given.dockerfile!r} leads outside of the scenario's folder")
    elif not dockerfile.is_file():
        problems.add(where, f"{given.dockerfile!r} does not exist beside {FILE_NAME}")
    overlays = tuple(
        ContextEntry(".", overlay) for overlay in (folder / "overlay", folder / f"overlay.{name}") if overlay.is_dir()
    )
    return Variant(name, dockerfile or folder, _expectation(given.expect), given.summary or "", given.env, overlays)


def _expectation(given: "ExpectFormat") -> Expectation:
    answers = [(answer.named()[0], answer) for answer in given.http]
    database = given.database
    return Expectation(
        outcome=given.outcome,
        within=given.within,
        sustained=given.sustained or 0.0,
        logs=tuple(ExpectedLog(line.source, line.contains) for line in given.logs),
        http=tuple(ExpectedAnswer(method, path, each.status, each.json_) for (method, path), each in answers),
        database=None
        if database is None
        else ExpectedDatabase(database.revision, tuple(database.missing_tables), tuple(database.tables)),
    )
