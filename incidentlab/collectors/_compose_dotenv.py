"""``.env`` and ``env_file`` → names and values, as docs.docker.com/compose/how-tos/environment-variables has them.

A line is ``NAME=value``, ``export NAME=value``, ``NAME: value`` or a name alone, which takes its value from outside.
"""

import re
from collections import ChainMap
from collections.abc import Mapping

from incidentlab.collectors._compose_variables import Variables

_KEY = re.compile(r"[ \t]{0,200}(?:export[ \t]{1,20})?(?P<name>[A-Za-z0-9_.\-\[\]]{1,256})[ \t]{0,200}(?P<sign>[=:])?")
_COMMENT = re.compile(r"(?:^|[ \t])#")
_LONGEST = 65_536  # characters between two quotes
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def read(text: str, outside: Mapping[str, str], *, is_raw: bool = False) -> dict[str, str]:
    """Read an environment file.

    Args:
        text: its content.
        outside: variables that its values may name and that count more than its own.
        is_raw: take every value as it stands, without quotes and variables (``format: raw``).

    Returns:
        Names and values, with the secrets in them; lines that are none of the above are passed over.
    """
    found: dict[str, str] = {}
    known = ChainMap(dict(outside), found)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    at = 0
    while at < len(text):
        key = _KEY.match(text, at)
        end = _end_of_line(text, at)
        if not key or key.end() > end:
            at = end + 1
            continue
        if not key["sign"]:
            if not text[key.end() : end].strip() and key["name"] in outside:
                found[key["name"]] = outside[key["name"]]
            at = end + 1
            continue
        if is_raw:
            found[key["name"]], at = text[key.end() : end], end + 1
        else:
            found[key["name"]], at = _value(text, key.end(), known)
    return found


def _value(text: str, start: int, known: Mapping[str, str]) -> tuple[str, int]:
    end = _end_of_line(text, start)
    while start < end and text[start] in " \t":
        start += 1
    quote = text[start : start + 1]
    if quote in {"'", '"'} and (closing := _closing(text, start + 1, quote)) > 0:
        inner = text[start + 1 : closing]
        value = inner.replace("\\'", "'") if quote == "'" else _expanded(inner, known, escapes=True)
        return value, _end_of_line(text, closing) + 1
    rest = text[start:end]
    comment = _COMMENT.search(rest)
    return _expanded(rest[: comment.start()] if comment else rest, known).strip(), end + 1


def _closing(text: str, start: int, quote: str) -> int:
    at = start
    while (at := text.find(quote, at, start + _LONGEST)) >= 0:
        slashes = 0
        while at - slashes > start and text[at - slashes - 1] == "\\":
            slashes += 1
        if slashes % 2 == 0:
            return at
        at += 1
    return -1


def _expanded(text: str, known: Mapping[str, str], *, escapes: bool = False) -> str:
    # "\$" is a dollar sign and begins no variable, as "$$" does in a compose file.
    text = text.replace("\\$", "$$")
    if escapes:
        text = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text)
    return Variables(known).expand(text)


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
