"""A cause's page as Markdown: what ``incidentlab explain`` prints and the documentation is built from."""

import re
from collections.abc import Iterable, Iterator

from incidentlab.model.cause import Cause

_PROMPT = re.compile(r"`{1,2}")


def page(cause: Cause) -> str:
    """Return the page of a cause: the mend stands before the theory, as one reads it at night."""
    return "\n".join(_blocks(cause)) + "\n"


def _blocks(cause: Cause) -> Iterator[str]:
    yield f"# {cause.title}\n\n`{cause.id}`: {cause.summary}\n"
    yield "## How it shows\n\n" + _items(_code(one) if _is_message(one) else one for one in cause.shows)
    yield "## See it yourself\n\n```console\n" + "".join(f"$ {one}\n" for one in cause.check) + "```\n"
    yield "## What to do\n\n" + _numbered(cause.mend)
    yield f"## What happens\n\n{cause.explanation.strip()}\n"
    yield "## How to prevent it\n\n" + _items(cause.prevent)
    yield f"## How sure a finding is\n\n{cause.confidence.strip()}\n"
    if cause.explains:
        yield "## What it explains\n\n" + _items(f"`{one}`" for one in cause.explains)
    if cause.links:
        yield "## Read on\n\n" + _items(f"<{one}>" for one in cause.links)


def _items(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _numbered(lines: Iterable[str]) -> str:
    return "".join(f"{number}. {line}\n" for number, line in enumerate(lines, start=1))


def _is_message(text: str) -> bool:
    # A program's words are shown as they are; a sentence about them is not.
    return any(sign in text for sign in ('"', ":  ", "[Errno", "failed:", "Error:", "bind:"))


def _code(text: str) -> str:
    ticks = "``" if _PROMPT.search(text) else "`"
    return f"{ticks}{text}{ticks}"
