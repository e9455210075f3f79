"""Secrets out of text, before anything is kept or printed."""

import re
from collections.abc import Iterable, Mapping

MASK = "***"

# scheme://user:password@host — the password only; a password may hold anything but white space, "/" and "@".
_URL_PASSWORD = re.compile(
    r"(?P<head>\b[a-z][a-z0-9+.\-]{1,30}://[^\s:/@\"']{0,128}:)[^\s/@\"']{1,512}(?=@)", re.IGNORECASE
)
# NAME=value, NAME: value, "name": "value" where the name says that the value is a secret. Every repetition
# is bounded, so that no hostile line makes the search slow.
_NAMED_SECRET = re.compile(
    r"(?P<head>\b[\w.\-]{0,64}(?:password|passwd|passphrase|secret|token|api[_\-]?key|access[_\-]?key|private[_\-]?key)"
    r"[\w\-]{0,32}[\"']?\s{0,4}[=:]\s{0,4}[\"']?)(?P<value>[^\s\"',;&]{1,512})",
    re.IGNORECASE,
)
_PG_PASSWORD = re.compile(r"(?P<head>\bPGPASSWORD=)\S{1,512}")
_AUTHORIZATION = re.compile(r"(?P<head>\b(?:Bearer|Basic)\s{1,4})[A-Za-z0-9._~+/=\-]{8,2048}", re.IGNORECASE)
_KNOWN_TOKENS = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|xox[abprs]-[A-Za-z0-9\-]{10,255}|AKIA[0-9A-Z]{16}|sk-[A-Za-z0-9_\-]{20,255}"
    r"|glpat-[A-Za-z0-9_\-]{20,64}|eyJ[A-Za-z0-9_\-]{10,2048}\.[A-Za-z0-9_\-]{10,2048}\.[A-Za-z0-9_\-]{10,2048})"
)
_SECRET_NAME = re.compile(
    r"password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key|credential|pgpass|cookie|auth",
    re.IGNORECASE,
)
# PostgreSQL and its drivers write "password" in plain sentences too; those words say nothing secret.
_HARMLESS_VALUES = frozenset(
    {
        "authentication",
        "auth",
        "for",
        "failed",
        "is",
        "not",
        "no",
        "required",
        "none",
        "null",
        "true",
        "false",
    }
)


class Redactor:
    """Masks known secrets and whatever looks like one.

    Args:
        secrets: values that are known to be secret in this run; each is masked wherever it stands.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return the text with passwords, tokens and keys masked; the rest stays as it is."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        text = _URL_PASSWORD.sub(lambda found: found["head"] + MASK, text)
        text = _PG_PASSWORD.sub(lambda found: found["head"] + MASK, text)
        text = _AUTHORIZATION.sub(lambda found: found["head"] + MASK, text)
        text = _KNOWN_TOKENS.sub(MASK, text)
        return _NAMED_SECRET.sub(_mask_named, text)

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return environment variables with secret values masked: by name, and by how the value looks."""
        return {name: MASK if value and _SECRET_NAME.search(name) else self.text(value) for name, value in env.items()}


def _mask_named(found: re.Match[str]) -> str:
    if found["value"].lower().rstrip(".") in _HARMLESS_VALUES:
        return found[0]
    return found["head"] + MASK
