"""Words of an instruction: quotes, escapes and ``${VAR:-default}``, as the Dockerfile reference defines them."""

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_MODIFIER = re.compile(r"(:?[-+?])")


def split(text: str, escape: str = "\\") -> list[str]:
    """Cut a text at white space outside quotes; quotes and escapes stay in the words."""
    words: list[str] = []
    word, quote, index = "", "", 0
    while index < len(text):
        char = text[index]
        if char == escape and quote != "'" and index + 1 < len(text):
            word += char + text[index + 1]
            index += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        if char.isspace() and not quote:
            words += [word] if word else []
            word = ""
        else:
            word += char
        index += 1
    return words + ([word] if word else [])


def expand(word: str, variables: Mapping[str, str], escape: str = "\\") -> str:
    """Return a word with quotes taken off and variables put in; an unknown variable is empty.

    Raises:
        ValueError: a quote or a brace is not closed, or ``${VAR:?message}`` finds nothing.
    """
    text, end = _until(word, 0, "", variables, escape)
    assert end == len(word)  # noqa: S101 - with no stop characters the whole word is read
    return text


def _until(word: str, index: int, stop: str, variables: Mapping[str, str], escape: str) -> tuple[str, int]:
    """Read up to an unquoted character of ``stop``; an empty ``stop`` reads to the end."""
    out: list[str] = []
    while index < len(word):
        char = word[index]
        if char in stop:
            return "".join(out), index
        if char == "'":
            piece, index = _single(word, index + 1)
        elif char == '"':
            piece, index = _double(word, index + 1, variables, escape)
        elif char == "$":
            piece, index = _variable(word, index + 1, variables, escape)
        elif char == escape:
            piece, index = word[index + 1 : index + 2], index + 2
        else:
            piece, index = char, index + 1
        out.append(piece)
    if stop:
        raise ValueError("a ${ is never closed")
    return "".join(out), len(word)


def _single(word: str, index: int) -> tuple[str, int]:
    end = word.find("'", index)
    if end < 0:
        raise ValueError("a single quote is never closed")
    return word[index:end], end + 1


def _double(word: str, index: int, variables: Mapping[str, str], escape: str) -> tuple[str, int]:
    out: list[str] = []
    while index < len(word):
        char = word[index]
        if char == '"':
            return "".join(out), index + 1
        if char == "$":
            piece, index = _variable(word, index + 1, variables, escape)
        elif char == escape and word[index + 1 : index + 2] in ('"', "$", escape):
            piece, index = word[index + 1], index + 2
        else:
            piece, index = char, index + 1
        out.append(piece)
    raise ValueError("a double quote is never closed")


def _variable(word: str, index: int, variables: Mapping[str, str], escape: str) -> tuple[str, int]:
    """Read what follows a ``$``; a dollar without a name stands for itself."""
    braced = word[index : index + 1] == "{"
    found = _NAME.match(word, index + braced)
    if found is None:
        if braced:
            raise ValueError("a ${ has no name")
        return "$", index
    name, index = found[0], found.end()
    if not braced:
        return variables.get(name, ""), index
    modifier = _MODIFIER.match(word, index)
    if modifier is None:
        if word[index : index + 1] != "}":
            raise ValueError(f"${{{name} is not closed, or asks for something that is not understood")
        return variables.get(name, ""), index + 1
    default, end = _until(word, modifier.end(), "}", variables, escape)
    return _modified(name, modifier[1], default, variables), end + 1


def _modified(name: str, modifier: str, text: str, variables: Mapping[str, str]) -> str:
    value = variables.get(name)
    there = bool(value) if modifier.startswith(":") else value is not None
    if modifier.endswith("+"):
        return text if there else ""
    if modifier.endswith("?") and not there:
        raise ValueError(f"{name}: {text or 'it is not set'}")
    return value or "" if there else text
