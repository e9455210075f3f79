"""``pip install`` as a question: does this interpreter have what the image would get?"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

_CONTINUED = re.compile(r"\\\n")
_COMMENT = re.compile(r"(^|\s)#.*$")
_HASH = re.compile(r"\s--hash[= ]\S+")
_OPTIONS_WITH_VALUE = """
    -r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links --timeout --retries --proxy
    --cert --trusted-host --prefix --root --target -t --platform --python-version --upgrade-strategy --cache-dir
    --no-binary --only-binary --progress-bar --root-user-action
"""
_WITH_VALUE = frozenset(_OPTIONS_WITH_VALUE.split())
_TOOLS = frozenset({"pip", "setuptools", "wheel"})  # they install; the app does not need them


class NotUnderstoodError(ValueError):
    """Something that cannot be checked: a local project, a URL, an unknown option."""


@dataclass(slots=True)
class Asked:
    """What one ``pip install`` asks for."""

    requirements: list[Requirement] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)  # --prefix and --target: they exist afterwards


def asked(words: Sequence[str], open_file: Callable[[str], Path]) -> Asked:
    """Read the words after ``pip install``.

    Args:
        words: options, files and requirements.
        open_file: gives the place of a file of the image.

    Raises:
        NotUnderstoodError: it asks for something that cannot be checked.
    """
    result, rest = Asked(), list(words)
    while rest:
        word = rest.pop(0)
        name, given, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in _WITH_VALUE and not given:
            if not rest:
                raise NotUnderstoodError(f"{name} needs a value")
            value = rest.pop(0)
        if name in ("-r", "--requirement"):
            result.requirements += _file(open_file(value))
        elif name in ("--prefix", "--target", "-t"):
            result.folders.append(value)
        elif not word.startswith("-"):
            result.requirements.append(_requirement(word))
        elif name in ("-e", "--editable"):
            raise NotUnderstoodError(f"{name} installs a local project")
    return result


def _file(path: Path) -> Iterator[Requirement]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NotUnderstoodError(f"{path.name} cannot be read; is it copied into the image before?") from error
    for raw in _CONTINUED.sub(" ", text).splitlines():
        line = _HASH.sub("", _COMMENT.sub("", raw)).strip()
        if line.startswith(("-r", "--requirement")):
            yield from _file(path.parent / re.sub(r"^(-r|--requirement)[\s=]*", "", line))
        elif line.startswith(("-e", "--editable")):
            raise NotUnderstoodError(f"{line} installs a local project")
        elif line and not line.startswith("-"):
            yield _requirement(line)


def _requirement(text: str) -> Requirement:
    try:
        found = Requirement(text)
    except InvalidRequirement:
        raise NotUnderstoodError(f"{text!r} is not the name of a package") from None
    if found.url:
        raise NotUnderstoodError(f"{text!r} comes from an address")
    return found


def missing(requirements: Sequence[Requirement]) -> list[str]:
    """Return what this interpreter lacks, in pip's words with what is there instead; empty where all is there."""
    return [line for requirement in requirements for line in _lacks(requirement, frozenset())]


def _lacks(requirement: Requirement, seen: frozenset[str]) -> Iterator[str]:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return
    name = requirement.name.lower()
    if name in _TOOLS or str(requirement) in seen:
        return
    try:
        there = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        yield f"{requirement} (not installed)"
        return
    if not requirement.specifier.contains(there, prereleases=True):
        yield f"{requirement} ({there} is installed)"
    for extra in requirement.extras:
        yield from _extra_lacks(requirement.name, extra, seen | {str(requirement)})


def _extra_lacks(name: str, extra: str, seen: frozenset[str]) -> Iterator[str]:
    for line in metadata.requires(name) or ():
        needed = Requirement(line)
        marker = needed.marker
        if marker is None or marker.evaluate({"extra": ""}) or not marker.evaluate({"extra": extra}):
            continue
        needed.marker = None
        yield from _lacks(needed, seen)


def pip_command(lacking: Sequence[str]) -> str:
    """Return the command that installs what lacks."""
    wanted = " ".join(f"'{line.rpartition(' (')[0]}'" for line in lacking)
    return f"{sys.executable} -m pip install {wanted}"
