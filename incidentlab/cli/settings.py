"""The options that every command shares, and what a shell may complete."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from incidentlab.errors import UsageError

if TYPE_CHECKING:
    from incidentlab.console.output import Colour, Output


@dataclass(frozen=True, slots=True)
class Settings:
    """What stood before the command."""

    color: str = "auto"
    quiet: bool = False
    verbose: int = 0
    debug: bool = False


def output_of(context: typer.Context, *, quiet: bool = False, verbose: int = 0) -> "Output":
    """Return the consoles for a command; its own ``-q`` and ``-v`` add to those before it.

    Raises:
        UsageError: ``--color`` is none of its three words.
    """
    from incidentlab.console.output import Output

    settings = context.obj if isinstance(context.obj, Settings) else Settings()
    if settings.color not in ("auto", "always", "never"):
        raise UsageError(f"--color {settings.color} is not known.", mend=["Use auto, always or never."])
    colour = cast("Colour", settings.color)
    return Output(colour, quiet=quiet or settings.quiet, verbose=max(verbose, settings.verbose))


def one_of(option: str, value: str, allowed: tuple[str, ...]) -> str:
    """Return ``value`` where it is allowed.

    Raises:
        UsageError: it is not, with the words that are.
    """
    if value not in allowed:
        raise UsageError(f"{option} {value} is not known.", mend=[f"Use one of: {', '.join(allowed)}"])
    return value


def complete_scenarios(incomplete: str) -> list[str]:
    """Return the scenario ids that begin like this, for shell completion."""
    from incidentlab.catalogue import names

    return [name for name in names() if name.startswith(incomplete)]


def complete_runs(incomplete: str) -> list[str]:
    """Return ``last`` and the run ids that begin like this, newest first, for shell completion."""
    from incidentlab.lab.archive import ids

    known = tuple(reversed(ids()))
    return [word for word in (*(("last",) if known else ()), *known) if word.startswith(incomplete)]


def complete_leftovers(incomplete: str) -> list[str]:
    """Return the ids of runs that may have left something: those with a note first, which killed and kept ones have."""
    from incidentlab import places

    notes = sorted((path.stem for path in (places.state() / "active").glob("*.json")), reverse=True)
    return list(dict.fromkeys([*(each for each in notes if each.startswith(incomplete)), *complete_runs(incomplete)]))


def complete_engines(incomplete: str) -> list[str]:
    """Return ``auto`` and the engines, for shell completion."""
    return complete_words("auto", *_modules("engines"))(incomplete)


def complete_formats(incomplete: str) -> list[str]:
    """Return the formats of reports, for shell completion."""
    return complete_words(*_modules("reports"))(incomplete)


def complete_words(*words: str) -> Callable[[str], list[str]]:
    """Return a completion of fixed words."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete


def _modules(folder: str) -> list[str]:
    """Return what a folder registers, by its files alone: importing them takes longer than a Tab may."""
    files = sorted((Path(__file__).parents[1] / folder).glob("*.py"))
    return [each.stem.replace("_", "-") for each in files if not each.name.startswith("_")]
