"""What became of one source that was asked for facts."""

from dataclasses import dataclass
from typing import Literal

SourceKind = Literal["log", "container", "compose", "database", "project"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One source of a diagnosis: ``detail`` says in a few words what it gave, or why it gave nothing."""

    kind: SourceKind
    name: str  # as the person named it; never a URL
    detail: str
    read: bool = True
