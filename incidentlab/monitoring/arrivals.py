"""Which alerts have arrived and when: told by Alertmanager, by its webhook or by its own list, whichever is first."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Condition

from incidentlab.model.events import Happened, Tell, now


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as Alertmanager tells of it; its fingerprint is one for each set of labels."""

    fingerprint: str
    name: str
    severity: str = ""
    cause: str = ""
    summary: str = ""
    instance: str = ""
    kept_back: bool = False  # silenced, or inhibited by another alert: it fires, and nobody is told

    @classmethod
    def of(
        cls, fingerprint: str, labels: Mapping[str, str], annotations: Mapping[str, str], state: str = "active"
    ) -> "Told":
        """Read its labels, its annotations, and its state as Alertmanager's list has it."""
        return cls(
            fingerprint,
            labels.get("alertname", ""),
            labels.get("severity", ""),
            labels.get("cause", "") or annotations.get("cause", ""),
            annotations.get("summary", ""),
            labels.get("instance", ""),
            state == "suppressed",
        )


@dataclass(frozen=True, slots=True)
class Arrival:
    """One alert from its arrival to its end."""

    told: Told
    at: datetime
    resolved_at: datetime | None = None


class Arrivals:
    """Keeps them in the order in which they came. Safe to call from threads."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._all: list[Arrival] = []
        self._changed = Condition()

    def fires(self, told: Told) -> None:
        """Take note of an alert that fires; one that is known to fire already changes nothing."""
        at = now()
        with self._changed:
            if self._firing(told.fingerprint) is not None:
                return
            self._all.append(Arrival(told, at))
            self._changed.notify_all()
        where = f" ({told.instance})" if told.instance else ""
        self._tell(Happened(f"Alert {told.name} arrived{where}: {told.summary}".rstrip(": "), "alerts", "bad", at))

    def ends(self, fingerprint: str) -> None:
        """Take note of an alert that is over."""
        at = now()
        with self._changed:
            index = self._firing(fingerprint)
            if index is None:
                return
            self._all[index] = replace(self._all[index], resolved_at=at)
            name = self._all[index].told.name
            self._changed.notify_all()
        self._tell(Happened(f"Alert {name} is resolved", "alerts", "good", at))

    def are(self, firing: Iterable[Told]) -> None:
        """Take the whole list of those that fire now: what is not in it any more is over.

        One that is kept back has not arrived, as with a webhook; one that had arrived before goes on.
        """
        seen = {each.fingerprint: each for each in firing}
        for each in seen.values():
            if not each.kept_back:
                self.fires(each)
        for known in self.all():
            if known.resolved_at is None and known.told.fingerprint not in seen:
                self.ends(known.told.fingerprint)

    def all(self) -> tuple[Arrival, ...]:
        """Return what has arrived by now."""
        with self._changed:
            return tuple(self._all)

    def wait(self, enough: Callable[[tuple[Arrival, ...]], bool], seconds: float) -> bool:
        """Wait until it is enough, at most so long; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: enough(tuple(self._all)), max(seconds, 0.0))

    def _firing(self, fingerprint: str) -> int | None:
        for index, each in enumerate(self._all):
            if each.told.fingerprint == fingerprint and each.resolved_at is None:
                return index
        return None
