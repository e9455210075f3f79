"""From inside a container to this machine: paths, the port and the address in what a Dockerfile says."""

import os
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

_PATH = re.compile(r"(?<![\w./\-])/(?=[\w.])[\w.@+\-/]*")
_ANYWHERE = re.compile(r"(?<![\d.])0\.0\.0\.0(?![\d.])")


@dataclass(frozen=True, slots=True)
class Translation:
    """How words of the image read on this machine.

    ``root`` is the folder that stands for ``/``; ``inside`` the port that the image exposes and ``outside`` the one
    that it gets here (the same number where it cannot be changed).
    """

    root: Path
    inside: int
    outside: int

    def place(self, path: str, workdir: str = "/") -> Path:
        """Return the place of a path of the image below ``root``; ``..`` never leads above it."""
        absolute = posixpath.normpath(posixpath.join("/", workdir, path))
        return self.root / absolute.lstrip("/")

    def word(self, word: str) -> str:
        """Translate a word of a command line, or the text of a shell command."""
        return _ANYWHERE.sub("127.0.0.1", self._port_expression().sub(str(self.outside), self.value(word)))

    def value(self, text: str) -> str:
        """Translate the paths that lead into the image, and nothing else."""
        return _PATH.sub(lambda found: self._path(found[0]), text)

    def variable(self, name: str, value: str) -> str:
        """Translate an environment variable: its paths, and the port where the variable speaks of one."""
        value = self.value(value)
        if "PORT" in name.upper() or f":{self.inside}" in value:
            value = self._port_expression().sub(str(self.outside), value)
        return _ANYWHERE.sub("127.0.0.1", value)

    def names_port(self, text: str) -> bool:
        """Say whether the exposed port stands in a text."""
        return self._port_expression().search(text) is not None

    def _port_expression(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w.]){self.inside}(?![\w.])")

    def _path(self, path: str) -> str:
        """A path belongs to the image where the image has more of it than this machine has."""
        here, there = _depth(self.root, path), _depth(Path("/"), path)
        return f"{self.root}{path}" if here and (here >= there or here == _parts(path)) else path


def _parts(path: str) -> int:
    return len([part for part in path.split("/") if part])


def _depth(root: Path, path: str) -> int:
    """Count how many parts of ``path`` exist below ``root``."""
    place, depth = root, 0
    for part in path.split("/"):
        if not part:
            continue
        place = place / part
        if not os.path.lexists(place):
            break
        depth += 1
    return depth
