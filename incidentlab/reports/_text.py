"""Text that came from logs, made fit to be shown; numbers as people read them."""

import re
from datetime import UTC, datetime

# Terminal control sequences: CSI (colours, cursor), OSC (window titles, links) and the short ones.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])")
# What XML 1.0 forbids, C1 controls, lone surrogates, and the marks that reorder text so that it reads otherwise.
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")
_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)

MOST_SHOWN = 1200  # characters of one log line that a person is shown; the JSON report holds all of them


def clean(text: str) -> str:
    """Return the text without terminal control; characters that cannot be shown become U+FFFD."""
    return _UNSAFE.sub("\ufffd", _ANSI.sub("", text).replace("\r", ""))


def clip(text: str, limit: int = MOST_SHOWN) -> str:
    """Return the clean text, cut after ``limit`` characters with a note of how many are left out."""
    shown = clean(text)
    rest = len(shown) - limit
    return shown if rest <= 0 else f"{shown[:limit]} … ({rest:,} more characters)"


def one_line(text: str, limit: int = MOST_SHOWN) -> str:
    """Return the clean, cut text with all white space, line ends too, made single blanks."""
    return " ".join(clip(text, limit).split())


def spans(text: str) -> list[tuple[bool, str]]:
    """Split prose into (is code, text) pieces at its back-tick pairs, in one line."""
    pieces: list[tuple[bool, str]] = []
    line, end = one_line(text), 0
    for found in _CODE.finditer(line):
        pieces += [(False, line[end : found.start()]), (True, found[2].strip())]
        end = found.end()
    return [piece for piece in [*pieces, (False, line[end:])] if piece[1]]


def quantity(value: float | None, unit: str) -> str:
    """Return a measured value with its unit, as precise as it was measured; a dash for ``None``."""
    if value is None:
        return "—"
    if unit == "s":
        return duration(value)
    if unit == "%":
        return f"{_share(value)} %"
    return f"{value:.1f} {unit}".rstrip() if value < 100 else f"{value:.0f} {unit}".rstrip()


def duration(seconds: float) -> str:
    """Return seconds as people say them: ``8 ms``, ``0.87 s``, ``12.3 s``, ``2 min 05 s``, ``3 h 07 min``."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def _share(percent: float) -> str:
    """Say 100 only of what was whole, and 0 only of nothing."""
    if percent in (0.0, 100.0):
        return f"{percent:.0f}"
    return f"{min(max(percent, 0.1), 99.9):.1f}"


def clock(at: datetime) -> str:
    """Return the time of day in UTC, to the millisecond."""
    return at.astimezone(UTC).strftime("%H:%M:%S.%f")[:-3]


def day(at: datetime) -> str:
    """Return date and minute in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def count(number: int, thing: str) -> str:
    """Return a number and its noun: ``1 check``, ``3 checks``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
