"""How much around a remarkable line belongs to it: the whole traceback, the server's DETAIL and STATEMENT, a few lines.

A reader of events is given what is between; so what is cut here is read wrongly there. Interleaved logs of compose are
why lines are counted generously and why a traceback's lines are known by what stands before them.
"""

from incidentlab.collectors._scan import Buffer

BEFORE, AFTER = 8, 25  # lines
MOST_BEFORE, MOST_AFTER = 48 << 10, 64 << 10  # bytes
_MOST_FRAMES = 600  # lines of one traceback
_MOST_LINKS = 6  # exceptions of one chain
_HEADER = b"Traceback (most recent call last)"
_LINKS = (b"the direct cause of the following exception", b"another exception occurred")
_FRAME = b'File "'
_NEAR_A_FRAME = 40  # lines of an exception's message, its SQL among them


def span(buffer: Buffer, line: int, low: int, high: int) -> tuple[int, int]:
    """Return where the surroundings of the line that begins at ``line`` begin and end, as offsets in ``buffer``.

    They lie between ``low`` and ``high``, begin where a line does and end before a line end or at ``high``.
    """
    return _begin(buffer, line, max(low, line - MOST_BEFORE)), _end(buffer, line, min(high, line + MOST_AFTER))


def line_start(buffer: Buffer, place: int) -> int:
    """Return where the line begins that ``place`` is in."""
    return buffer.rfind(b"\n", 0, place) + 1


def line_end(buffer: Buffer, place: int, high: int) -> int:
    """Return where the line ends that ``place`` is in: at its line end, or at ``high``."""
    at = buffer.find(b"\n", place, high)
    return high if at < 0 else at


def _begin(buffer: Buffer, line: int, low: int) -> int:
    header = _header_before(buffer, line, low)
    at = _lines_back(buffer, line if header is None else header, BEFORE, low)
    # Not within a line, where the bytes were used up.
    return at if at == 0 or buffer[at - 1] == 0x0A else line_end(buffer, at, line) + 1


def _header_before(buffer: Buffer, line: int, low: int) -> int | None:
    """Return where the chain of tracebacks begins that ends at a line or goes through it."""
    found: int | None = None
    for _ in range(_MOST_LINKS):
        header = buffer.rfind(_HEADER, low, line)
        if header < 0 or not _reaches(buffer, header, line):
            break
        found = line = line_start(buffer, header)
        if not any(link in buffer[_lines_back(buffer, line, 6, low) : line] for link in _LINKS):
            break
    return None if found is None else max(found, low)


def _reaches(buffer: Buffer, header: int, line: int) -> bool:
    last_frame = buffer.rfind(_FRAME, header, line)
    return buffer.count(b"\n", header if last_frame < 0 else last_frame, line) <= _NEAR_A_FRAME


def _lines_back(buffer: Buffer, at: int, count: int, low: int) -> int:
    for _ in range(count):
        if at <= low:
            return low
        at = buffer.rfind(b"\n", low, at - 1) + 1 or low
    return at


def _end(buffer: Buffer, line: int, high: int) -> int:
    end = line_end(buffer, line, high)
    if buffer.find(_HEADER, line, end) >= 0:
        end = _end_of_frames(buffer, line, end, high)
    for _ in range(AFTER):
        if end >= high:
            return high
        end = line_end(buffer, end + 1, high)
    for _ in range(_MOST_FRAMES):  # what goes on is not cut in two: a long statement, frames
        if end >= high or buffer[end + 1 : end + 2] not in (b" ", b"\t"):
            break
        end = line_end(buffer, end + 1, high)
    return end


def _end_of_frames(buffer: Buffer, line: int, end: int, high: int) -> int:
    """Return the end of the line that names the exception: the first that starts where "Traceback" does."""
    lead = bytes(buffer[line : buffer.find(_HEADER, line, end)])
    service = lead[: lead.rfind(b"|") + 1] if b"|" in lead else b""  # of compose; others write between its lines
    at = end
    for _ in range(_MOST_FRAMES):
        if at >= high:
            return high
        start, at = at + 1, line_end(buffer, at + 1, high)
        text = bytes(buffer[start:at])
        if not text.startswith(service):
            continue
        text = text[len(service) :].removeprefix(b" ") if service else text
        if text.strip() and not text.startswith((b" ", b"\t")) and _FRAME not in text:
            return at
    return end
