"""Values that nobody meant: what a program makes of a variable that is not set."""

import re

# Python's None, JavaScript's undefined and null, an empty string, a variable that nobody filled in, a template's hint.
_UNFILLED = re.compile(
    r"(?:none|null|undefined|nil|nan|changeme|change[_\-]me|example|\$\{?\w{0,60}\}?|%\w{1,60}%|<[^<>]{0,60}>|\{\{.{0,60}\}\}"
    r"|your[_\-]?\w{1,40})?",
    re.IGNORECASE,
)


def unfilled(value: str) -> bool:
    """Whether a host, user or database name is what an unset variable leaves behind."""
    return bool(_UNFILLED.fullmatch(value.strip().strip("'\"")))
