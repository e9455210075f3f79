"""Tracebacks within a frame: Python's exception groups with their margins, and Rich's boxes."""

import re
from collections.abc import Sequence

from incidentlab.collectors import _traceback
from incidentlab.collectors._rows import Row
from incidentlab.collectors._traceback import Block, Raised

_GROUP = "+ Exception Group Traceback (most recent call last):"
_GROUP_LINE = re.compile(r"\s{0,16}\+ Exception Group Traceback")
# "    | Traceback", "  +-+---------------- 1 ----------------", "    +------------------------------------"
_MARGIN = re.compile(r"\s{0,60}(?:\|(?: |$)|\+-[+\- .\d]{0,100}$)")
_RICH = re.compile(r".{0,120}[╭┌+][─-]{1,200} ?Traceback \(most recent call last\) ?[─-]{1,200}[╮┐+]\s{0,4}$")
_SIDES = ("│", "|", "╭", "╰", "┌", "└", "┃")
_PACKAGE = re.compile(r"(?:site-packages|dist-packages)/(?P<name>\w{1,64})")
_RAISED = re.compile(r"(?P<dotted>[A-Za-z_][\w.]{0,120}(?:Error|Exception|[a-z][A-Z]\w{1,40})): .")
_LINKS = ("following exception:", "another exception occurred:")
_MOST_LINES = 5_000
_MOST_WRAPPED = 60  # lines of a message that Rich has broken at the terminal's width


def scan(table: Sequence[Row], start: int) -> Block | None:
    """Return the group or box that begins at ``table[start]`` as a chain of exceptions, the innermost first."""
    text = table[start].text
    if "raceback (most recent" not in text:
        return None
    if _GROUP in text:
        return _group(table, start)
    return _box(table, start) if not text.isascii() and _RICH.match(text) else None


def _group(table: Sequence[Row], start: int) -> Block | None:
    if not _GROUP_LINE.match(table[start].text):
        return None
    rows = [table[start]._replace(text=_traceback.HEADER)]
    at = start + 1
    while at < len(table) and at - start < _MOST_LINES:
        found = _MARGIN.match(table[at].text)
        if not found:
            break
        text = table[at].text[found.end() :]
        if text.endswith(_traceback.HEADER) or text.lstrip().startswith(_GROUP):
            text = _traceback.HEADER
        rows.append(table[at]._replace(text=text))
        at += 1
    raised, packages = _within(rows)
    # The group's own line comes first in print; what it holds is what went wrong.
    ordered = (*raised[1:], *raised[:1])
    end, more, others = _after(table, at)
    return Block(end, (*ordered, *more), tuple(dict.fromkeys((*packages, *others)))) if raised else None


def _within(rows: Sequence[Row]) -> tuple[list[Raised], list[str]]:
    raised: list[Raised] = []
    packages: list[str] = []
    at = 0
    while at < len(rows):
        block = _traceback.scan(rows, at)
        if block and block.raised:
            raised += block.raised
            packages += block.packages
        at = block.end if block and block.end > at else at + 1
    return raised, packages


def _after(table: Sequence[Row], at: int) -> tuple[int, tuple[Raised, ...], tuple[str, ...]]:
    # "During handling of the above exception …" goes on without a margin.
    for index in range(at, min(at + 5, len(table))):
        text = table[index].text.strip()
        if text == _traceback.HEADER and index > at:
            block = _traceback.scan(table, index)
            return (block.end, block.raised, block.packages) if block and block.raised else (at, (), ())
        if text and not text.endswith(_LINKS):
            break
    return at, (), ()


def _box(table: Sequence[Row], start: int) -> Block | None:
    raised: list[Raised] = []
    packages: dict[str, None] = {}
    at, linked = start + 1, False
    while at < len(table) and at - start < _MOST_LINES:
        text = table[at].text.strip()
        if text.startswith(_SIDES):
            if _RICH.match(text) and not linked:
                break
            linked = False
            found = _PACKAGE.search(text)
            if found:
                packages[found["name"]] = None
        elif _RAISED.match(text) and table[at - 1].text.strip().startswith("╰"):
            one = _wrapped(table, at)
            raised.append(one)
            at += len(one.more)
        elif text.endswith(_LINKS) and raised:
            linked = True
        elif text or not _box_goes_on(table, at):
            break
        at += 1
    return Block(at, tuple(raised), tuple(packages)) if raised else None


def _wrapped(table: Sequence[Row], at: int) -> Raised:
    # Rich breaks a long message at the width of the terminal; it ends at a blank line.
    more: list[Row] = []
    for row in table[at + 1 : at + _MOST_WRAPPED]:
        if not row.text.strip() or row.record is not None:
            break
        more.append(row)
    text = " ".join([table[at].text.strip(), *(row.text.strip() for row in more)])
    found = _RAISED.match(text)
    return Raised(found["dotted"] if found else "", table[at]._replace(text=text), tuple(more))


def _box_goes_on(table: Sequence[Row], at: int) -> bool:
    for row in table[at : at + 4]:
        text = row.text.strip()
        if text:
            return text.startswith(_SIDES) or text.endswith(_LINKS)
    return False
