"""Secrets out of text, before anything is kept or printed."""

import re
from collections.abc import Iterable, Mapping

from incidentlab import _secrets

MASK = "***"

_PGPASS = ":5432:"  # a line of .pgpass
_LONG_WORD = 20  # the shortest token that has its maker's mark
# Marks of those tokens that have no capital letters; a long word of small letters without one is a path or a name.
_SMALL_MARKS = (
    "dop_v1_",
    "dor_v1_",
    "doo_v1_",
    "key-",
    "dapi",
    "sbp_",
    "shpat_",
    "shpss_",
    "sk-",
    "glpat-",
    "xox",
    "hooks",
    "webhooks",
)
_MOST_KEY_LINES = 150

_SECRET_NAME = re.compile(
    r"pass(?:word|wd|phrase|code)?(?:_|$|\d)|pwd|passw|secret|token|api_?key|access_?key|private_?key|credential|pgpass|cookie"
    r"|auth|(?:signing|encryption|master|account|license|ssh|service|client|session)_?key|sess(?:ion)?_?id|csrf|xsrf|jwt|(?:^|_)salt$|pepper|signature",
    re.IGNORECASE,
)


class Redactor:
    """Masks known secrets and whatever looks like one.

    A private key may come line by line: what follows its first line and looks like it is masked too, so one redactor
    should see the lines of one source in their order.

    Args:
        secrets: values that are known to be secret in this run; each is masked wherever it stands.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)
        self._key_lines = 0  # how many further lines may be of a private key that has begun

    @property
    def within_key(self) -> bool:
        """Whether the lines to come may be the rest of a private key."""
        return self._key_lines > 0

    def leaves(self, text: str) -> bool:
        """Whether a text, of one line or many, surely holds nothing to mask; ``False`` where it takes a closer look."""
        if self._key_lines or any(secret in text for secret in self._secrets):
            return False
        return not (
            _may_name_a_secret(text.lower()) or _may_be_token(text) or ("://" in text and "@" in text)
            or ("?" in text and "=" in text) or _PGPASS in text
        )  # fmt: skip

    def text(self, text: str) -> str:
        """Return the text with passwords, tokens and keys masked; the rest stays as it is."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        if self._key_lines:
            text = self._rest_of_key(text)
        lower = text.lower()
        named = _may_name_a_secret(lower)
        if "-----begin" in lower:
            text = self._without_keys(text)
        if "://" in text and "@" in text:
            text = _urls(text)
        if named:
            text = _named(text, lower)
        if (named or "?" in text) and "=" in text:
            text = _secrets.QUERY.sub(_masked, text)
        if not named and _PGPASS in text:
            text = _secrets.SPOKEN.sub(_masked_value, text)
        return _tokens(text) if len(text) >= _LONG_WORD and _may_be_token(text) else text

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return environment variables with secret values masked: by name, and by how the value looks."""
        return {name: self._value(name, value) for name, value in env.items()}

    def _value(self, name: str, value: str) -> str:
        found = _SECRET_NAME.search(name) if value else None
        if found and not _secrets.HARMLESS_SUFFIX.fullmatch(name[found.end() :].strip("_")):
            return MASK
        return self.text(value)

    def _without_keys(self, text: str) -> str:
        kept: list[str] = []
        at = 0
        for begins in _secrets.KEY_BEGINS.finditer(text):
            if begins.start() < at:
                continue
            kept.append(text[at : begins.end()] + MASK)
            ends = _secrets.KEY_ENDS.search(text, begins.end())
            at = ends.start() if ends else len(text)
            self._key_lines = 0 if ends else _MOST_KEY_LINES
        return "".join([*kept, text[at:]])

    def _rest_of_key(self, text: str) -> str:
        ends = _secrets.KEY_ENDS.search(text)
        if ends:
            self._key_lines = 0
            return MASK + text[ends.start() :]
        if _secrets.KEY_LINE.fullmatch(text):
            self._key_lines -= 1
            return MASK if text.strip() else text
        self._key_lines = 0
        return text


def _may_name_a_secret(lower: str) -> bool:
    # The cheap look before any search, spelled out because it is asked of every line: most hold none of these.
    return (
        "pass" in lower or "pwd" in lower or "secret" in lower or "token" in lower or "key" in lower or "auth" in lower
        or "cookie" in lower or "credential" in lower or "sess" in lower or "csrf" in lower or "xsrf" in lower
        or "bearer" in lower or "basic " in lower or "signature" in lower or "pepper" in lower or ".sid" in lower
        or "identified" in lower or "webhook" in lower or " -u " in lower or "redis-cli" in lower
    )  # fmt: skip


def _may_be_token(text: str) -> bool:
    for word in text.split():
        if len(word) >= _LONG_WORD and (not word.islower() or any(mark in word for mark in _SMALL_MARKS)):
            return True
    return False


def _urls(text: str) -> str:
    text = _secrets.URL_PASSWORD.sub(_masked, text)
    return _secrets.URL_USER.sub(_masked, text)


def _named(text: str, lower: str) -> str:
    if "auth" in lower or "bearer" in lower or "basic " in lower:
        text = _secrets.AUTHORIZATION.sub(_masked_sentence, text)
        text = _secrets.SCHEME.sub(_masked, text)
    if "cookie" in lower:
        text = _secrets.COOKIE.sub(_masked, text)
    text = _secrets.SPOKEN.sub(_masked_value, text)
    return _secrets.NAMED.sub(_masked_named, text)


def _tokens(text: str) -> str:
    text = _secrets.TOKENS.sub(MASK, text)
    text = _secrets.HOOKS.sub(_masked, text)
    for word in _secrets.random_strings(text):
        text = text.replace(word, MASK)
    return text


def _masked(found: re.Match[str]) -> str:
    return f"{found['head']}{MASK}"


def _masked_value(found: re.Match[str]) -> str:
    value = found["value"]
    return found[0] if _says_nothing(value) else f"{found['head']}'{MASK}'" if value[0] == "'" else _masked(found)


def _masked_sentence(found: re.Match[str]) -> str:
    # "authorization: failed" of a sentence
    return found[0] if _says_nothing(found["value"].split()[0]) else _masked(found)


def _masked_named(found: re.Match[str]) -> str:
    value = found["quoted"] if found["value"] is None else found["value"]
    if _secrets.HARMLESS_SUFFIX.fullmatch(found["suffix"]) or _says_nothing(value):
        return found[0]
    if value.isdecimal() and _counts(found):
        return found[0]
    quote = found["quote"] or ""
    if found["value"] is not None and found["close"] and not quote and value[0] in "-0123456789":
        quote = '"'  # a number in JSON: what is left must still be JSON
    elif found["value"] is not None and value[0] in "[{(" and len(value) == 1:
        return found[0]
    return f"{found['head']}{quote}{MASK}{quote}"


def _counts(found: re.Match[str]) -> bool:
    """Whether a number counts tokens: max_tokens=4096, "tokens: 512"."""
    before = found.string[max(found.start() - 24, 0) : found.start()]
    return "token" in found["head"].lower() and (
        found["suffix"] == "s" or _secrets.HARMLESS_NAME.search(before) is not None
    )


def _says_nothing(value: str) -> bool:
    plain = value.strip("\"'` .,;:!?()")
    return not plain or plain.lower() in _secrets.HARMLESS_VALUES or bool(_secrets.PLACEHOLDER.fullmatch(plain))
