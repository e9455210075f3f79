"""The shape of a line: what is left of it without numbers, ids and times, so that repetitions are recognised.

What is in quotes stays as long as few lines differ by it alone, so that errors about two tables, or two hosts, are two.
"""

import re

_DIGITS = b"0123456789"
_HEXADECIMAL = re.compile(rb"\b[0-9a-fA-F]{6,64}\b")
_QUOTED = re.compile(rb"\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'")
_HEAD = 24  # bytes of a line's beginning that count: the service's name
_BEFORE, _AFTER = 100, 200  # bytes around the place that matters


def fine(line: bytes, place: int) -> bytes:
    """Return the shape of a line of which ``place`` (an offset in it) is what matters; what is in quotes stays."""
    cut = max(_HEAD, place - _BEFORE)
    text = line[:_HEAD] + line[cut : place + _AFTER]
    return _HEXADECIMAL.sub(b"", text).translate(None, _DIGITS)


def coarse(shape: bytes) -> bytes:
    """Return a fine shape without its names; in JSON, where everything is in quotes, they stay."""
    return shape if b'":' in shape else _QUOTED.sub(b"", shape)


def skeleton(text: bytes) -> bytes:
    """Return text without any digit: the quickest of all shapes, and it keeps the line ends."""
    return text.translate(None, _DIGITS)


def has_digit(word: bytes) -> bool:
    """Whether a string cannot be looked for in a skeleton."""
    return any(digit in _DIGITS for digit in word)
