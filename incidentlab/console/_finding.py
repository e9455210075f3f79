"""How one finding looks: what it is, how that is known, how to mend it, what it explains."""

from collections.abc import Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from incidentlab import causes
from incidentlab.console.output import panel
from incidentlab.console.theme import Signs
from incidentlab.logtext import clean_line
from incidentlab.model.diagnosis import Finding, Link, Mend

_FRAME = 6  # columns of a frame that its title cannot have
_MOST_QUOTED = 800  # characters of one line of a log; --json has all of it


def whole(finding: Finding, signs: Signs, console: Console, *, place: str = "", verbose: bool = False) -> Group:
    """Return all of a finding.

    Args:
        finding: a root cause.
        signs: those that the terminal knows.
        console: where it will be shown.
        place: which of several it is: ``1 of 2``.
        verbose: whether prevention and links are shown too.
    """
    parts: list[RenderableType] = [_head(finding, signs, console, place)]
    if finding.evidence:
        parts += [Text(), Text("  How we know", "title"), chain(finding, signs)]
    if finding.mend:
        parts += [Text(), Text("  How to mend it", "title")]
        for mend in finding.mend:
            parts += _mend(mend)
    if finding.explains:
        parts += [*_gap(parts), Padding(_tree(finding), (0, 0, 0, 2))]
    parts += _page(finding.cause, signs) if verbose else []
    page = Text.assemble(("  Its page: ", "quiet"), (f"incidentlab explain {finding.cause}", "command"))
    parts += [*_gap(parts), _whole(page)]
    return Group(*parts)


def _head(finding: Finding, signs: Signs, console: Console, place: str) -> RenderableType:
    lines = [Text(plain(finding.title), "strong"), Text(plain(finding.summary))]
    title = f" {signs.dot} ".join(filter(None, (place, finding.cause, finding.confidence)))
    if len(title) > console.width - _FRAME:  # a title is cut, a line wraps
        lines.insert(0, Text(title, "quiet"))
        title = place
    return panel(Group(*lines), title, "bad" if finding.confidence == "certain" else "warn", console)


def chain(finding: Finding, signs: Signs) -> Group:
    """Return the chain of proof: each link with its source and the command by which one can see it oneself."""
    return Group(*(_link(number, link, signs) for number, link in enumerate(finding.evidence, 1)))


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


def bullets(lines: Iterable[str], signs: Signs) -> Group:
    """Return quiet lines, each with a sign before it, that wrap beneath themselves."""
    return Group(*(_row(signs.point, Text(plain(line), "quiet"), 4) for line in lines))


def plain(text: str) -> str:
    """Return text as a terminal may have it: no control sequences, and long lines cut with a note of the rest."""
    lines = [clean_line(line) for line in text.splitlines()]
    return "\n".join(_cut(line) for line in lines)


def _cut(line: str) -> str:
    rest = len(line) - _MOST_QUOTED
    return line if rest <= 0 else f"{line[:_MOST_QUOTED]} … ({rest:,} more characters)"


def _link(number: int, link: Link, signs: Signs) -> Group:
    inner: list[RenderableType] = [Text(plain(link.claim))]
    if link.quote:
        inner.append(Padding(Text(plain(link.quote), "warn"), (0, 0, 0, 2)))
    inner.append(Text(_where(link, signs), "quiet"))
    parts: list[RenderableType] = [_row(f"{number}.", Group(*inner), 2)]
    if link.command:
        parts.append(_whole(Text.assemble(("     see it: ", "quiet"), (plain(link.command), "command"))))
    return Group(*parts)


def _where(link: Link, signs: Signs) -> str:
    words = [plain(link.source)]
    words += [f"service {plain(link.service)}"] if link.service else []
    words += [f"line {link.line}"] if link.line else []
    words += [f"{link.at:%Y-%m-%d %H:%M:%S}"] if link.at else []
    return f" {signs.dot} ".join(words)


def _mend(mend: Mend) -> Iterator[RenderableType]:
    if mend.why:
        yield Padding(Text(plain(mend.why)), (0, 0, 0, 4))
    if mend.kind == "diff":
        yield diff("\n".join(clean_line(line) for line in mend.text.splitlines()), indent=6)
    elif mend.kind == "command":
        for line in mend.text.splitlines():
            yield _whole(Text.assemble(" " * 6, (clean_line(line), "command")))
    else:
        yield Padding(Text(plain(mend.text)), (0, 0, 0, 6 if mend.why else 4))
    yield Text()


def _tree(finding: Finding) -> Tree:
    tree = Tree(Text("This explains", "title"), guide_style="quiet")
    for each in finding.explains:
        _branch(tree, each)
    return tree


def _branch(tree: Tree, finding: Finding) -> None:
    shown = Text.assemble(plain(finding.title), (f": {plain(finding.summary)}", "quiet"))
    where = next((link for link in finding.evidence if link.line), None)
    if where:
        shown.append(f" ({plain(where.source)}, line {where.line})", "quiet")
    below = tree.add(shown)
    for each in finding.explains:
        _branch(below, each)


def _page(cause: str, signs: Signs) -> Iterator[RenderableType]:
    page = causes.catalogue().get(cause)
    if page is None:  # a record of another version
        return
    yield from (Text("  How to prevent it", "title"), bullets(page.prevent, signs), Text())
    yield from (Text("  How sure a finding is", "title"), Padding(Text(page.confidence.strip(), "quiet"), (0, 0, 0, 4)))
    yield Text()
    if page.links:
        yield Text("  Read on", "title")
        yield from (_whole(Text(f"    {link}", "quiet")) for link in page.links)
        yield Text()


def _gap(parts: list[RenderableType]) -> list[RenderableType]:
    """Return an empty line, unless the last part is one."""
    last = parts[-1]
    return [] if isinstance(last, Text) and not last.plain else [Text()]


def _row(sign: str, content: RenderableType, indent: int) -> Padding:
    row = Table.grid(padding=(0, 1))
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(sign, "strong" if sign.endswith(".") else "quiet"), content)
    return Padding(row, (0, 0, 0, indent))


def _whole(text: Text) -> Text:
    """Keep a line in one piece, so that it can be copied; the terminal itself breaks what is too long for it.

    Such a line cannot stand in a Padding or a Table: those cut it off.
    """
    text.no_wrap, text.overflow = True, "ignore"
    return text
