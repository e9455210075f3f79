"""Pieces of GitHub-flavoured Markdown in which no text can break out of its place."""

import re
from collections.abc import Iterable, Sequence

from incidentlab.reports._text import clip, one_line, spans

# An underscore within a word is no emphasis in GitHub's Markdown; table_names stay readable in the source.
_SPECIAL = re.compile(r"[\\`*\[\]<>|~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_LEADING = re.compile(r"^(?:[#+=-]|(\d+)(?=[.)]))")
_BACKTICKS = re.compile(r"`+")
_MOST_LINES = 200  # of one fenced block


def prose(text: str) -> str:
    """Return text for a paragraph, a heading or a bullet: back-tick pairs stay code, all else is literal."""
    pieces = [code(piece) if is_code else _SPECIAL.sub(r"\\\g<0>", piece) for is_code, piece in spans(text)]
    return _LEADING.sub(lambda found: f"{found[1]}\\" if found[1] else f"\\{found[0]}", "".join(pieces))


def code(text: str) -> str:
    """Return text as a code span whose fence is longer than any run of back-ticks in it."""
    text = one_line(text)
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else ""


def fenced(text: str, language: str) -> str:
    """Return text as a fenced block; empty where there is nothing to show."""
    text = text.strip("\n")
    if not text.strip():
        return ""
    lines = [clip(line) for line in text.split("\n")]
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… ({len(lines) - _MOST_LINES:,} more lines)"]
    body = "\n".join(lines)
    fence = "`" * max(_longest_run(body) + 1, 3)
    return f"{fence}{language}\n{body}\n{fence}"


def bullets(items: Iterable[str], mark: str = "-") -> str:
    """Return one bullet per item."""
    return "\n".join(f"{mark} {prose(item)}" for item in items)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    """Return a table; ``align`` holds ``l`` or ``r`` for each column."""
    rule = ["---:" if each == "r" else ":---" for each in align]
    body = [[_cell(each) for each in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *body))


def _cell(text: str) -> str:
    """A pipe ends a cell even within a code span, so it is escaped there too."""
    pieces = [
        code(piece).replace("|", "\\|") if is_code else _SPECIAL.sub(r"\\\g<0>", piece)
        for is_code, piece in spans(text)
    ]
    return "".join(pieces) or "—"


def _longest_run(text: str) -> int:
    return max((len(found) for found in _BACKTICKS.findall(text)), default=0)
