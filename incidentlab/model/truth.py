"""One line of the truth table: what an alert did on one variant, and whether it should have."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Truth:
    """An alert on a broken variant, or the silence (without an ``alert``) on a healthy one."""

    scenario: str
    engine: str
    variant: str
    alert: str = ""
    within: float | None = None  # seconds it may take
    after: float | None = None  # seconds it took
    resolved_after: float | None = None  # seconds from deploying the fix onto the same database to the alert's end
    holds: bool = False
    observed: str = ""
    by: str = ""  # what judged the rules
    run: str = ""  # its record, where that was kept
    error: bool = False  # it could not be tried
