"""What an observed run has seen of its alerts: which arrived, how long that took, and by what they were judged."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExpectedAlert:
    """An alert that has to arrive within so many seconds after the fault began."""

    name: str
    within: float


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that arrived. ``at`` and ``resolved_at`` are seconds since the run began."""

    name: str
    at: float
    detected_after: float  # seconds since the fault began
    severity: str = ""
    cause: str = ""  # the causes that its rule points to
    summary: str = ""
    instance: str = ""
    resolved_at: float | None = None  # ``None`` where it went on to the end of the watch


@dataclass(frozen=True, slots=True)
class Watch:
    """How a run was watched, and what came of it."""

    by: str  # what judged the rules, as "Prometheus 2.42.0, Alertmanager 0.25.0"
    onset: float  # seconds since the run began: the fault began here, and times to detect count from it
    seconds: float  # how long it was watched from there
    alerts: tuple[Alert, ...] = ()
    fixed_by: str = ""  # the variant that was deployed onto the same database when the alerts had arrived
    fixed_at: float | None = None  # seconds since the run began: that deployment began; times to resolve count from it
    unjudged: tuple[str, ...] = ()  # rules that could not be judged by these means

    @property
    def resolved_after(self) -> float | None:
        """Seconds from the deployment of the fix to the end of the last alert; ``None`` where that was not seen."""
        ends = [each.resolved_at for each in self.alerts]
        if self.fixed_at is None or not ends or any(each is None for each in ends):
            return None
        return max(max(each for each in ends if each is not None) - self.fixed_at, 0.0)

    def first(self, name: str) -> Alert | None:
        """Return the first alert of this name."""
        return next((each for each in self.alerts if each.name == name), None)
