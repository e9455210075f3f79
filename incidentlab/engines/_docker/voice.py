"""What is told from several threads, one event at a time; a listener that raises stops the whole run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from time import perf_counter

from incidentlab.engines._docker.jobs import Cancel
from incidentlab.model.events import Event, Phase, PhaseEnded, PhaseProgress, PhaseStarted, Tell


class Voice:
    """Passes events on under a lock.

    A listener may raise, as a console does on Ctrl-C. In one of our threads nobody would see that: so it is kept in
    ``failure``, the run is cancelled, and whoever speaks to the stack next gets it.
    """

    def __init__(self, tell: Tell, cancel: Cancel) -> None:
        self._tell = tell
        self._cancel = cancel
        self._lock = Lock()
        self.failure: BaseException | None = None

    def __call__(self, event: Event) -> None:
        """Tell one event."""
        try:
            with self._lock:
                self._tell(event)
        except BaseException as error:
            self.failure = self.failure or error
            self._cancel.set()
            raise

    def quietly(self, event: Event) -> None:
        """Tell one event where nothing may stop us: what the listener raises is only kept."""
        with suppress(BaseException):
            self(event)

    def progress(self, phase: Phase) -> Callable[[str], None]:
        """Return what tells a phase's progress."""
        return lambda text: self(PhaseProgress(phase, text))

    def check(self) -> None:
        """Raise what a listener raised in one of our threads."""
        if self.failure is not None:
            raise self.failure

    @contextmanager
    def phase(self, phase: Phase, title: str) -> Iterator[list[str]]:
        """Tell a phase's beginning and end; what is put into the list becomes the end's detail."""
        began = perf_counter()
        detail: list[str] = []
        self(PhaseStarted(phase, title))
        try:
            yield detail
        except BaseException as error:
            text = getattr(error, "what", "") or "interrupted"
            self.quietly(PhaseEnded(phase, perf_counter() - began, text, ok=False))
            raise
        self(PhaseEnded(phase, perf_counter() - began, ", ".join(detail)))
