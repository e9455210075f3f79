"""A Dockerfile read for what the engine has to know beforehand: its instructions' lines and its base images."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_CONTINUED = re.compile(r"\\[ \t]*$")
_VARIABLE = re.compile(r"\$(?:(?P<plain>\w+)|\{(?P<braced>\w+)(?::-(?P<default>[^}]*))?\})")
# What only BuildKit understands; the classic builder behind the API stops at it.
_BUILDKIT_ONLY = (
    (re.compile(r"^RUN\s+(--\S+\s+)*--(mount|network|security)\b", re.IGNORECASE), "RUN --mount"),
    (re.compile(r"^(COPY|ADD)\s+(--\S+\s+)*--(link|parents|exclude)\b", re.IGNORECASE), "COPY --link"),
    (re.compile(r"^(RUN|COPY|ADD)\s.*<<-?[\"']?\w+", re.IGNORECASE), "a here-document"),
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction with its continuation lines joined; ``line`` counts from 1."""

    line: int
    word: str
    text: str


def instructions(dockerfile: str) -> tuple[Instruction, ...]:
    """Return the instructions in their order, which is how the builder numbers its steps."""
    found: list[Instruction] = []
    parts: list[str] = []
    start = 0
    for number, line in enumerate(dockerfile.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        start = start if parts else number
        parts.append(_CONTINUED.sub("", bare).strip())
        if not _CONTINUED.search(bare):
            found.append(_instruction(start, parts))
            parts = []
    if parts:
        found.append(_instruction(start, parts))
    return tuple(found)


def base_images(dockerfile: str) -> tuple[str, ...]:
    """Return the images that FROM names, the final stage's last; stages of the file itself are no images."""
    arguments: dict[str, str] = {}
    stages: set[str] = {"scratch"}
    images: list[str] = []
    for step in instructions(dockerfile):
        words = [word for word in step.text.split()[1:] if not word.startswith("--")]
        if step.word == "ARG" and not images and words and "=" in words[0]:
            name, _, value = words[0].partition("=")
            arguments[name] = value.strip("\"'")
        if step.word == "FROM" and words:
            image = _filled_in(words[0], arguments)
            if image.lower() not in stages:
                images.append(image)
            if len(words) >= 3 and words[1].upper() == "AS":
                stages.add(words[2].lower())
    return tuple(dict.fromkeys(images))


def final_base(dockerfile: str) -> str:
    """Return what the last FROM names."""
    named = [step.text.split() for step in instructions(dockerfile) if step.word == "FROM"]
    words = [word for word in named[-1][1:] if not word.startswith("--")] if named else []
    return words[0] if words else ""


def needs_buildkit(dockerfile: str) -> tuple[Instruction, str] | None:
    """Return the first instruction that only BuildKit carries out, and what it is about it."""
    for step in instructions(dockerfile):
        for pattern, what in _BUILDKIT_ONLY:
            if pattern.match(step.text):
                return step, what
    return None


def _instruction(line: int, parts: list[str]) -> Instruction:
    text = " ".join(part for part in parts if part)
    return Instruction(line, text.split(maxsplit=1)[0].upper() if text else "", text)


def _filled_in(text: str, arguments: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: arguments.get(found["plain"] or found["braced"]) or found["default"] or "", text)
