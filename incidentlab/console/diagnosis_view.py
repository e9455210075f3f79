"""How a diagnosis looks: the verdict, the chain of proof, the mend; the rest in a few quiet lines."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from incidentlab.console import _finding
from incidentlab.console._finding import bullets, chain, diff
from incidentlab.console.theme import Signs
from incidentlab.model.asked import Asked
from incidentlab.model.diagnosis import Diagnosis, Finding

__all__ = ["chain", "diff", "view"]

_VERDICTS = {
    "incident": ("INCIDENT", "verdict.bad"),
    "healthy": ("NO INCIDENT FOUND", "verdict.good"),
    "inconclusive": ("INCONCLUSIVE", "verdict.unsure"),
}
_FOLDED = 4  # lines of what was ruled out, or is not known, that are shown without -v


def view(
    diagnosis: Diagnosis, signs: Signs, console: Console, *, sources: Sequence[Asked] = (), verbose: bool = False
) -> Group:
    """Return a diagnosis for people: the verdict, then root causes, each with its proof and its mend.

    Args:
        diagnosis: what was judged.
        signs: those that the terminal knows.
        console: where it will be shown.
        sources: what was asked for facts.
        verbose: whether everything is shown: all that was ruled out, how to prevent it, where to read on.
    """
    parts: list[RenderableType] = [Text(), *_verdict(diagnosis, signs)]
    if sources:
        parts += [Text(), *(_asked(each, signs) for each in sources)]
    count = len(diagnosis.findings)
    for number, finding in enumerate(diagnosis.findings, 1):
        place = f"{number} of {count}" if count > 1 else ""
        parts += [Text(), _finding.whole(finding, signs, console, place=place, verbose=verbose)]
    parts += _ruled_out(diagnosis, signs, verbose)
    parts += _missing(diagnosis, signs, verbose)
    return Group(*parts)


def _verdict(diagnosis: Diagnosis, signs: Signs) -> Iterator[RenderableType]:
    """Give the first word: the root causes by their ids where there are some, else what the summary says."""
    words, style = _VERDICTS[diagnosis.verdict]
    yield Text(f"  {words}", style)
    if not diagnosis.findings:
        yield Padding(Text(diagnosis.summary.removeprefix("No incident found. ")), (0, 0, 0, 2))
        return
    for finding in diagnosis.findings:
        yield Padding(Text.assemble(f"{_called(finding)}: ", (finding.cause, "strong")), (0, 0, 0, 2))


def _called(finding: Finding) -> str:
    return {"certain": "root cause, certain", "likely": "root cause, likely", "possible": "possible cause"}[
        finding.confidence
    ]


def _asked(source: Asked, signs: Signs) -> Padding:
    sign, style = (signs.met, "good") if source.read else (signs.unmet, "warn")
    name = f"{source.kind} {source.name}" if source.name else source.kind
    return Padding(Text.assemble((f"{sign} ", style), f"{name}: ", (source.detail, "quiet")), (0, 0, 0, 2))


def _ruled_out(diagnosis: Diagnosis, signs: Signs, verbose: bool) -> Iterator[RenderableType]:
    lines = [f"{each.cause}: {each.why}" for each in diagnosis.ruled_out]
    yield from _folded("Ruled out", lines, signs, len(lines) if verbose else _FOLDED)


def _missing(diagnosis: Diagnosis, signs: Signs, verbose: bool) -> Iterator[RenderableType]:
    everything = verbose or diagnosis.verdict == "inconclusive"
    title = "What is not known, and what would tell"
    yield from _folded(title, diagnosis.missing, signs, len(diagnosis.missing) if everything else _FOLDED)


def _folded(title: str, lines: Iterable[str], signs: Signs, most: int) -> Iterator[RenderableType]:
    shown = list(lines)
    if not shown:
        return
    yield from (Text(), Text(f"  {title}", "title"))
    yield bullets(shown[:most], signs)
    if shown[most:]:
        yield Padding(Text(f"and {len(shown) - most} more: -v shows them", "quiet"), (0, 0, 0, 4))
