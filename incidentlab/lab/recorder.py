"""Listens to all that a run tells and turns it into the timeline, the timings and the samples of its record."""

from datetime import datetime
from threading import Lock

from incidentlab.model.events import Event, Happened, PhaseEnded, PhaseStarted, Tell, now
from incidentlab.model.run import Moment, Sample

_MOST_SAMPLES = 5000  # a bounded record: a run of minutes under load must not grow without end
_SHORTEST_PAUSE = 0.05  # seconds


class Recorder:
    """Passes events on to ``tell`` and remembers those that belong into the record. Safe to call from threads."""

    def __init__(self, tell: Tell) -> None:
        self.began: datetime = now()
        self.timings: dict[str, float] = {}
        self.samples: list[Sample] = []
        self._moments: list[Moment] = []
        self._tell = tell
        self._lock = Lock()

    def __call__(self, event: Event) -> None:
        """Take an event; this is the ``tell`` that engines and the lab are given."""
        with self._lock:
            moment = self._moment(event)
            if moment is not None:
                self._moments.append(moment)
            if isinstance(event, PhaseEnded):
                self.timings[event.phase] = self.timings.get(event.phase, 0.0) + event.seconds
            self._tell(event)

    def pause(self, seconds: float) -> None:
        """Remember that the run waited for a person; what took no time worth naming was no wait."""
        if seconds >= _SHORTEST_PAUSE:
            with self._lock:
                self.timings["paused"] = self.timings.get("paused", 0.0) + seconds

    def sample(self, sample: Sample) -> None:
        """Remember one request and its answer."""
        with self._lock:
            if len(self.samples) < _MOST_SAMPLES:
                self.samples.append(sample)

    def offset(self, at: datetime) -> float:
        """Return the seconds from the run's beginning to ``at``."""
        return max((at - self.began).total_seconds(), 0.0)

    def timeline(self) -> tuple[Moment, ...]:
        """Return the moments so far, in the order in which they happened."""
        with self._lock:
            return tuple(sorted(self._moments, key=lambda moment: moment.at))

    def _moment(self, event: Event) -> Moment | None:
        offset = self.offset(event.at)
        if isinstance(event, PhaseStarted):
            return Moment(event.at, offset, event.phase, event.title)
        if isinstance(event, PhaseEnded):
            if not event.detail:
                return None
            return Moment(event.at, offset, event.phase, event.detail, "good" if event.ok else "bad")
        if isinstance(event, Happened):
            return Moment(event.at, offset, event.phase, event.what, event.kind)
        return None
