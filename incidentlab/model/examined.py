"""What a look at this machine found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that was looked at; ``engine`` marks those of which at least one has to be well."""

    name: str
    ok: bool
    detail: str
    mend: tuple[str, ...] = ()
    engine: bool = False
