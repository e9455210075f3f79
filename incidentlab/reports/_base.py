"""What a report format promises."""

from collections.abc import Callable
from dataclasses import dataclass

from incidentlab.model.report import Report


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a report; ``render`` is pure and its text can always be encoded as UTF-8."""

    name: str
    suffix: str  # of a file that holds it, with its dot
    render: Callable[[Report], str]
