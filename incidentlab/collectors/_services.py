"""Which names before a bar are services, and what a speaker's service is called.

Compose writes ``web-1  | text`` (``web_1`` in its first version), padded so that the bars stand in one column. Tables
of psql and Markdown, and loggers that put bars between their fields, look alike; each is told from it by its own marks.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

_NAME = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.\-]{0,127}|[a-z0-9][a-z0-9.\-]{0,200} [a-z0-9][a-z0-9\-]{0,62})(?P<pad> {0,127})\|(?: |$)"
)
_CI_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z ")  # before all of a job's output, compose's too
_REPLICA = re.compile(r"(?P<service>.{1,127}?)[-_]\d{1,5}$")
# A replica set's pod, web-6d9c7f5b8d-2xk9w; a job's, migrate-x7k2p.
_POD = re.compile(r"(?P<service>.{1,200}?)-[a-f0-9]{6,10}-[a-z0-9]{5}$|(?P<job>.{1,200}?)-(?=[a-z]{0,4}\d)[a-z0-9]{5}$")
_LEVELS = frozenset({
    "DEBUG", "INFO", "NOTICE", "WARNING", "WARN", "ERROR", "CRITICAL", "FATAL", "PANIC", "TRACE", "SUCCESS", "LOG",
    "HINT", "DETAIL",
})  # fmt: skip
# What stands beneath the head of a table: ----+----, --- | ---, -----------; and above each row that psql prints as a
# block (\\x): -[ RECORD 1 ]---+-----
_RULE = re.compile(r"[\s|:+\-=]{3,}$|-\[ RECORD \d{1,6} \][+\-]{0,400}$")
_ENDED = re.compile(r"(?P<name>[A-Za-z0-9][\w.\-]{0,127}) exited with code \d{1,3}\b")


def named(texts: Sequence[str]) -> frozenset[str]:
    """Return the names before a bar that are services, as written, of a whole log's lines."""
    texts = [_CI_TIME.sub("", text) if text[:2] == "20" else text for text in texts]
    seen = Counter(_beside_bars(texts))
    columns: Counter[int] = Counter()
    for (_, column, _), count in seen.items():
        columns[column] += count
    # Compose leaves two blanks before the bar, and the bars stand in one column; one line alone may be anything.
    sure = {
        name for name, column, blanks in seen if blanks and (_REPLICA.match(name) or (blanks > 1 < columns[column]))
    }
    if sure:
        # A service whose name is as long as the padding has one blank in some versions.
        return frozenset(name for (name, _, _), count in seen.items() if name in sure or count > 1)
    steady = len(columns) == 1 and seen.total() * 2 > len(texts) and max(seen.values()) > 1
    return frozenset(name for name, _, _ in seen) if steady else frozenset()


def _beside_bars(texts: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Give (name, column of the bar, blanks before it) for each line that begins so and is none of a table."""
    table = False
    for index, text in enumerate(texts):
        if "|" not in text:
            table = "-[ RECORD " in text and _is_rule(text)
            continue
        found = None if table else _NAME.match(text)
        if found is None:
            table = table or _is_rule(text)
        elif index + 1 < len(texts) and _is_rule(texts[index + 1]):
            table = True
        elif not (found["name"].upper() in _LEVELS or found["name"].replace(".", "").replace("-", "").isdecimal()):
            yield found["name"], found.end("pad"), len(found["pad"])


def _is_rule(text: str) -> bool:
    return bool(_RULE.fullmatch(text)) and "--" in text


def service(speaker: str) -> str:
    """Return the service that a speaker belongs to: ``web-1`` and ``web_2`` are ``web``, a pod is its workload."""
    head, _, container = speaker.partition(":")
    if container:
        workload = _without_pod(head)
        return workload if container == workload or not container else f"{workload}/{container}"
    head = re.sub(r"\[\d{1,10}\]$", "", head)
    head = re.sub(r"^(?P<dyno>[a-z]{1,30})\.\d{1,5}$", r"\g<dyno>", head)
    found = _REPLICA.match(head)
    return found["service"] if found else _without_pod(head)


def of_ended(text: str, names: frozenset[str]) -> str:
    """Return the speaker whose end compose tells of: ``shop_web_1 exited with code 1``; "" where it is no such line."""
    found = _ENDED.match(text) if " exited with code " in text else None
    if not found:
        return ""
    said = found["name"]
    if said in names:
        return said
    return max((name for name in names if said.endswith((f"_{name}", f"-{name}"))), key=len, default="")


def _without_pod(name: str) -> str:
    found = _POD.match(name)
    return (found["service"] or found["job"]) if found else re.sub(r"(?<=.)-\d{1,4}$", "", name)
