"""When a line was written: the moments that logs carry, as UTC.

A moment without a zone stays unknown. It would order the lines of its own log, but their numbers do that already; set
beside another log's it could put an effect before its cause.
"""

import re
from datetime import UTC, datetime, timedelta

_WITHIN = 96  # characters from the start of a line in which its time stands
# Abbreviations that PostgreSQL writes (``%m``) and that mean one zone only; CST, IST and BST mean several.
_ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3,
    "JST": 9, "KST": 9, "EST": -5, "EDT": -4, "PST": -8, "PDT": -7,
}  # fmt: skip
_ISO = re.compile(
    r"20(?P<day>\d\d-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)(?:[.,](?P<part>\d{1,9}))?"
    r" ?(?P<zone>Z|[+-]\d\d(?::?\d\d)?|(?:UTC|GMT|WES?T|CES?T|EES?T|MSK|JST|KST|EST|EDT|PST|PDT)\b)"
)
# [08/Feb/2023:12:53:32 +0000] of access logs
_ACCESS = re.compile(r"\[(?P<at>\d\d/[A-Z][a-z]{2}/20\d\d:\d\d:\d\d:\d\d [+-]\d{4})\]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(text: str) -> datetime | None:
    """Return the time that stands near the start of a line, or ``None`` where there is none or its zone is unknown."""
    found = _ISO.search(text, 0, _WITHIN)
    if found:
        return _iso(found)
    if "/20" in text:
        access = _ACCESS.search(text, 0, _WITHIN)
        return _access(access["at"]) if access else None
    return None


def of_value(value: object) -> datetime | None:
    """Return the time that a field of a structured line holds: ISO 8601 with a zone, or seconds or more since 1970."""
    if isinstance(value, str):
        return moment(value[:_WITHIN]) or (_epoch(float(value)) if value.replace(".", "", 1).isdecimal() else None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(value)
    return None


def _iso(found: re.Match[str]) -> datetime | None:
    zone, part = found["zone"], found["part"]
    offset = "+00:00" if zone in _ZONES else zone if len(zone) != 3 else f"{zone}:00"
    try:
        read = datetime.fromisoformat(f"20{found['day']}T{found['time']}.{(part or '0')[:6].ljust(6, '0')}{offset}")
        hours = _ZONES.get(zone, 0)
        return (read - timedelta(hours=hours) if hours else read).astimezone(UTC)
    except (ValueError, OverflowError):
        return None  # it looked like a time and is none, as 2026-13-41


def _access(text: str) -> datetime | None:
    # By hand: strptime reads the month's name in the user's language.
    day, month, rest = text.split("/", 2)
    if month not in _MONTHS:
        return None
    year, time, zone = rest[:4], rest[5:13], rest[14:]
    try:
        read = datetime.fromisoformat(f"{year}-{_MONTHS.index(month) + 1:02d}-{day}T{time}{zone[:3]}:{zone[3:]}")
        return read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _epoch(number: float) -> datetime | None:
    # Seconds (zap), milliseconds (pino), micro- and nanoseconds (systemd, Go): told apart by their size, 2001 to 2100.
    for unit in (1, 1e3, 1e6, 1e9):
        seconds = number / unit
        if 1e9 <= seconds < 4.1e9:
            return datetime.fromtimestamp(seconds, UTC)
    return None
