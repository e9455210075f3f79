"""Where a finding lies: file and line of its links, and what makes it the same finding tomorrow."""

import hashlib
import os
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from incidentlab.model.diagnosis import Link
from incidentlab.reports._text import clip

BASE = "%SRCROOT%"
# What differs between two tellings of the same thing: times, process ids, addresses, ports, hashes, durations.
_CHANGING = re.compile(r"\b(?=[0-9a-f-]{0,40}\d)[0-9a-f]{6,64}(?:-[0-9a-f]{1,12}){0,6}\b|\d+", re.IGNORECASE)
_MOST_QUOTED = 2000  # characters that count for a fingerprint


def located(links: Iterable[Link]) -> list[Link]:
    """Return the links that lie in a file, the one that says most first: the last of a log, else of what has a line."""
    found = [link for link in links if link.file]
    lined = [link for link in found if link.line]
    logs = [link for link in lined if link.fact.startswith("log:")]
    main = (logs or lined or found)[-1:]
    return main + [link for link in found if link not in main]


def first(links: Iterable[Link]) -> Link | None:
    """Return the link at which a finding is shown; ``None`` where none of them lies in a file."""
    return next(iter(located(links)), None)


def physical(link: Link) -> dict[str, Any]:
    """Return a link's place: relative to the working folder where the file lies in it, else as a ``file:`` URI."""
    # The standard lets a whole file go without a region; those who show findings beside the code want a line.
    region: dict[str, Any] = {"startLine": link.line or 1}
    if link.quote and link.line:
        region["snippet"] = {"text": clip(link.quote)}
    return {"artifactLocation": _artifact(link.file), "region": region}


def fingerprint(cause: str, link: Link) -> str:
    """Return what stays the same for the same finding: its rule, its file and its evidence without what changes."""
    said = _CHANGING.sub("0", (link.quote or link.claim)[:_MOST_QUOTED])
    whole = "\n".join((cause, link.file, " ".join(said.split())))
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _artifact(file: str) -> dict[str, str]:
    name = os.fsencode(file)
    if file.startswith("/"):
        return {"uri": f"file://{quote(name, safe='/')}"}
    return {"uri": quote(name, safe="/"), "uriBaseId": BASE}
