"""How a diagnosis looks: the verdict, the chain of proof, the mend; the rest in a few quiet lines."""

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from incidentlab.console.output import panel
from incidentlab.console.theme import Signs
from incidentlab.model.diagnosis import Diagnosis, Finding, Link, Mend

_VERDICTS = {
    "incident": ("INCIDENT", "verdict.bad"),
    "healthy": ("NO INCIDENT FOUND", "verdict.good"),
    "inconclusive": ("INCONCLUSIVE", "verdict.unsure"),
}


def view(diagnosis: Diagnosis, signs: Signs, console: Console) -> Group:
    """Return a diagnosis for people: root causes first, each with its proof and its mend."""
    words, style = _VERDICTS[diagnosis.verdict]
    parts: list[RenderableType] = [Text()]
    for finding in diagnosis.findings:
        parts += [_finding(finding, signs, console), Text()]
    parts.append(_verdict(diagnosis, words, style))
    if diagnosis.ruled_out:
        parts += [Text(), Text("  Ruled out", "title")]
        parts += [_wrapped(f"{signs.point} {each.cause}: {each.why}", "quiet") for each in diagnosis.ruled_out]
    if diagnosis.missing:
        parts += [Text(), Text("  Not known, and what would tell", "title")]
        parts += [_wrapped(f"{signs.point} {each}", "quiet") for each in diagnosis.missing]
    return Group(*parts)


def _verdict(diagnosis: Diagnosis, words: str, style: str) -> RenderableType:
    """Return the last word: the root causes by their ids where there are some, else what the summary says."""
    roots = ", ".join(finding.cause for finding in diagnosis.findings)
    row = Table.grid(padding=(0, 2))
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(f"  {words}", style), Text(f"root cause: {roots}" if roots else diagnosis.summary))
    return row


def diff(text: str, indent: int = 0) -> Text:
    """Return a unified diff with its signs kept, so that it reads without colour too.

    Args:
        text: the diff.
        indent: blanks before each line.
    """
    result = Text()
    for line in text.splitlines():
        style = "added" if line.startswith("+") else "removed" if line.startswith("-") else "quiet"
        result.append(f"{' ' * indent}{line}\n", "quiet" if line.startswith(("+++", "---")) else style)
    result.rstrip()
    return _whole(result)


def chain(finding: Finding, signs: Signs) -> Group:
    """Return the chain of proof: each link with its source and the command by which one can see it oneself."""
    return Group(*(_link(number, link, signs) for number, link in enumerate(finding.evidence, 1)))


def _finding(finding: Finding, signs: Signs, console: Console) -> Group:
    head = panel(
        Group(Text(finding.title, "strong"), Text(finding.summary)),
        f"{finding.cause} {signs.dot} {finding.confidence}",
        "bad",
        console,
    )
    parts: list[RenderableType] = [head, Text(), Text("  How we know", "title"), chain(finding, signs)]
    if finding.explains:
        parts += [Text(), Text("  This explains", "title")]
        parts += [_wrapped(f"{signs.point} {each.title}: {each.summary}", "quiet") for each in finding.explains]
    if finding.mend:
        parts += [Text(), Text("  How to mend it", "title")]
        for mend in finding.mend:
            parts += _mend(mend)
    return Group(*parts)


def _link(number: int, link: Link, signs: Signs) -> Group:
    where = f"{link.source}, line {link.line}" if link.line else link.source
    inner: list[RenderableType] = [Text(link.claim)]
    if link.quote:
        inner.append(Text(link.quote, "warn"))
    inner.append(Text(where, "quiet"))
    row = Table.grid(padding=(0, 1))
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(f"{number}.", "strong"), Group(*inner))
    parts: list[RenderableType] = [Padding(row, (0, 0, 0, 2))]
    if link.command:
        parts.append(_whole(Text.assemble(("     see it: ", "quiet"), (link.command, "command"))))
    return Group(*parts)


def _mend(mend: Mend) -> list[RenderableType]:
    parts: list[RenderableType] = [_wrapped(mend.why, "") if mend.why else Text()]
    if mend.kind == "diff":
        parts += [diff(mend.text, indent=6), Text()]
    elif mend.kind == "command":
        parts += [_whole(Text.assemble(" " * 6, (mend.text, "command"))), Text()]
    else:
        parts.append(Padding(Text(mend.text), (0, 0, 1, 6)))
    return parts


def _whole(text: Text) -> Text:
    """Keep a line in one piece, so that it can be copied; the terminal itself breaks what is too long for it.

    Such a line cannot stand in a Padding or a Table: those cut it off.
    """
    text.no_wrap, text.overflow = True, "ignore"
    return text


def _wrapped(text: str, style: str) -> Padding:
    return Padding(Text(text, style), (0, 0, 0, 4))
