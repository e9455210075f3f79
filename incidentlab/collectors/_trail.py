"""Lines that belong to the one before them: DETAIL and HINT, a statement, a stack of Node, Java, Go, Ruby or PHP."""

import re
from collections.abc import Sequence

from incidentlab.collectors import _languages
from incidentlab.collectors._rows import Row

_MOST_LINES = 1_000
# What SQLAlchemy, psycopg and libpq put beneath a message.
CONTINUED = ("LINE ", "DETAIL:", "HINT:", "CONTEXT:", "QUERY:", "[SQL", " [SQL", "[parameters", "(Background")
_STATEMENT = ("[SQL", " [SQL")
_OF_PROCESS = re.compile(r"Process \d{1,10}(?: waits for |: )")
_LIBPQ = re.compile(r"\t(?:Is the server |TCP/IP connections|connections on |This probably means|before or while)")
_STACK = re.compile(
    r"\s{1,12}at .|\s{0,8}\.\.\. \d{1,5} (?:more|common frames)|(?:\t|\s{2,8})(?:Suppressed|Caused by): |Caused by: "
    r"|goroutine \d{1,12} \[|\t\S{1,400}\.go:\d{1,7}|created by \S"  # Go
    r"|(?:\s{0,8}from |\s{0,12})/\S{1,400}\.rb:\d{1,7}:in |\tfrom \S{1,400}:\d{1,7}:in "
    r"|\s{2,8}\([\w.\-]{1,60} [\w.\-]{1,40}\) \S{1,300}:\d{1,7}: "
    r"|\s{2,8}lib/\S{1,300}\.exs?:\d{1,7}: |\s{4}query: "  # Elixir
    r"|Stack trace:$|\[?[Ss]tacktrace\]?:?$|#\d{1,4} |\s{2}thrown in /|\[previous exception\]"  # PHP
    r"|\s{1,8}\d{1,4}: [\w<]|\s{10,20}at /"  # Rust
    r"|\s{1,12}---> [A-Z]|\s{0,12}--- End of |\s{2,8}Exception data:$|\s{0,8}POSITION: \d"  # .NET and Npgsql
    r"|\s{4,12}(?:Severity|SqlState|MessageText|Detail|Hint|Position|File|Line|Routine|Where|\w{3,16}Name): "
)
# main.main(), a frame of Go's stack; told by its place there.
_GO_FRAME = re.compile(r"[\w./*\-]{1,200}(?:\(\*?\w{1,60}\)[\w.]{0,100})?\([\w ,.{}+?]{0,400}\)$")
# Node prints what an error holds after its stack: { … code: '42P01', … }
_FIELD = re.compile(r"\s{1,12}[\"']?[\w.\[\]]{1,60}[\"']?: .{0,400}$|\s{0,12}[}\])]{1,4},?$")
_STRONG = (
    "[SQL",
    " [SQL",
    "[parameters",
    "(Background",
    "LINE ",
    "DETAIL:",
    "HINT:",
    "CONTEXT:",
    "goroutine ",
    "Caused",
    "    query: ",
    "    (",
    "):",
    "POSITION: ",
)
_FIRST = frozenset("\t LDHCQ[(){}#.gcSs/P*mn")


def end(table: Sequence[Row], start: int) -> int:
    """Return the index after the last row that belongs to the message before ``table[start]``."""
    at = start
    statement = braces = False
    stack = ""
    while at < len(table) and at - start < _MOST_LINES:
        text = table[at].text
        if table[at].record is not None:
            break
        if statement:
            statement = not text.rstrip().endswith("]")
        elif not text.strip():
            if not _goes_on(table, at):
                break
        elif braces and _FIELD.match(text):
            braces = text.strip() not in ("}", "},")
        elif (kind := belongs(text, stack)) != "":
            stack = kind if kind != "part" else stack
            statement = text.startswith(_STATEMENT) and not text.rstrip().endswith("]") and "(Background" not in text
        else:
            break
        braces = braces or (bool(stack) and text.rstrip().endswith("{")) or text == "{"
        at += 1
    return at


def belongs(text: str, stack: str = "") -> str:
    """Return how a line hangs on the one before: ``"part"`` of its message, ``"stack"``, or "" where it stands alone.

    ``stack`` is what the line before was: some frames are told only by their place in a stack.
    """
    if text[:1] not in _FIRST and text.isascii() and not stack and not text.startswith(("Caused by", "created by")):
        return ""
    if text.startswith(CONTINUED) or _OF_PROCESS.match(text) or _LIBPQ.match(text):
        return "part"
    if text.lstrip().startswith("^") or text in ("{", "):", ")"):
        return "part"
    if not text.isascii() and _languages.part(text):
        return "part"
    return "stack" if _STACK.match(text) or (stack and text.endswith(")") and _GO_FRAME.match(text)) else ""


def _goes_on(table: Sequence[Row], at: int) -> bool:
    # psycopg 2 ends its messages with blank lines; SQLAlchemy writes its own after them, Go its goroutines.
    for row in table[at : at + 3]:
        if row.text.strip():
            return row.text.startswith(_STRONG)
    return False
