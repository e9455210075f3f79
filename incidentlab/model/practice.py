"""A good practice, held against the image and the database that were just used."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Practice:
    """One practice: whether it is met, the fact that says so, and what to do in production.

    ``met`` is ``None`` where the evidence cannot tell; ``fact`` then says what was not there to be read.
    """

    id: str
    title: str
    met: bool | None
    fact: str
    advice: str
