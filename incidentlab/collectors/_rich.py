"""Rich's log handler breaks a message at the terminal's width: its lines stand beneath each other in one column.

In a container that width is 80 and the message has some forty of them, so that a path or an error's words lie on three
lines. Source: rich's ``logging.py`` and ``_log_render.py``: time, level, message and file, each a column of a grid.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from incidentlab.collectors._rows import LONGEST, Row

# "[10/22/24 12:07:46] ERROR    message", and without the time where it has not changed since the line before.
_HEAD = re.compile(
    r"(?:\[\d\d/\d\d/\d\d \d\d:\d\d:\d\d\]|\[\d\d:\d\d:\d\d\]| {10,21}) "
    r"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) {1,8}(?=\S)"
)
# The file and line at the right, of the first line only.
_FILE = re.compile(r" {1,80}[\w.\-]{1,60}\.py:\d{1,6}$")
_BOX = "╭│╰┌└┃|+"  # a traceback in its frame is read as one
_MOST_LINES = 200


def scan(table: Sequence[Row], at: int) -> tuple[Row, int] | None:
    """Return the message that begins at ``table[at]`` as one row and the index after it, or ``None``."""
    first = table[at]
    found = _HEAD.match(first.text) if first.text[:1] in "[ " and first.record is None else None
    if not found:
        return None
    column = found.end()
    end = at + 1
    while end < len(table) and end - at < _MOST_LINES and _continues(table[end], column):
        end += 1
    if end == at + 1:
        return None
    lines = [_FILE.sub("", first.text).rstrip(), *(row.text.rstrip() for row in table[at + 1 : end])]
    width = max(len(line) for line in lines)
    text = lines[0]
    for before, line in pairwise(lines):
        # A word that is longer than the column, as a path is, is broken where the column ends.
        broken = len(before) == width and "/" in before.rpartition(" ")[2]
        text += ("" if broken else " ") + line[column:]
    return first._replace(text=text[:LONGEST], last=table[end - 1].end), end


def _continues(row: Row, column: int) -> bool:
    text = row.text
    if row.record is not None or len(text) <= column or text[:column].strip():
        return False
    return not text[column].isspace() and text[column] not in _BOX
