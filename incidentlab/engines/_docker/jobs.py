"""Work in threads that can be called off: side by side, and without leaving one behind that still starts things."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_TICK = 0.2  # seconds after which a waiting main thread looks up, so that a signal is served


class CancelledError(Exception):
    """The run was called off; whoever called it off has the reason."""


class Cancel:
    """Calls off a run. What blocks in a read hangs in a way to wake it."""

    def __init__(self) -> None:
        self._flag = Event()
        self._lock = Lock()
        self._wakers: list[Callable[[], None]] = []

    def set(self) -> None:
        """Call it off and wake whoever blocks."""
        with self._lock:
            self._flag.set()
            wakers, self._wakers = self._wakers, []
        for wake in wakers:
            with suppress(Exception):  # it may have ended by itself in this moment
                wake()

    def is_set(self) -> bool:
        """Whether it was called off."""
        return self._flag.is_set()

    def wait(self, seconds: float) -> None:
        """Wait so long, or raise :class:`CancelledError` as soon as it is called off."""
        if self._flag.wait(seconds):
            raise CancelledError

    def check(self) -> None:
        """Raise :class:`CancelledError` if it was called off."""
        self.wait(0)

    def wakes(self, waker: Callable[[], None]) -> None:
        """Call ``waker`` once when it is called off, at once if it was already."""
        with self._lock:
            if not self._flag.is_set():
                self._wakers.append(waker)
                return
        waker()


class Job(Thread, Generic[T]):
    """One function in a thread; a daemon, so that one that hangs cannot keep the program from ending.

    ``among`` gets it before it starts: Ctrl-C in the middle of that must not lose sight of it. Wait for ``over``, not
    by ``join``: before Python 3.13 a Ctrl-C in the middle of a join marks the thread as ended while it goes on
    (https://github.com/python/cpython/issues/90882).
    """

    def __init__(self, name: str, work: Callable[[], T], among: list[Thread] | None = None) -> None:
        super().__init__(name=f"incidentlab-{name}", daemon=True)
        self._work = work
        self._result: list[T] = []
        self.error: BaseException | None = None
        self.over = Event()
        if among is not None:
            among.append(self)
        self.start()

    def run(self) -> None:
        """Do the work and keep what comes of it."""
        try:
            self._result.append(self._work())
        except BaseException as error:  # handed over by result()
            self.error = error
        finally:
            self.over.set()

    def result(self) -> T:
        """Return what the ended work gave, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self._result[0]


def join_all(jobs: Sequence[Job[Any]], cancel: Cancel) -> None:
    """Wait until all have ended; as soon as one fails, call the others off and raise its error."""
    while not all(job.over.is_set() for job in jobs):
        for job in jobs:
            job.over.wait(_TICK / len(jobs))
            if job.error is not None:
                cancel.set()
    errors = [job.error for job in jobs if job.error is not None]
    for error in sorted(errors, key=lambda one: isinstance(one, CancelledError)):
        raise error


def wait_for(threads: Sequence[Thread], seconds: float) -> None:
    """Give threads that were called off a bounded time to end."""
    deadline = monotonic() + seconds
    for thread in threads:
        left = max(0.0, deadline - monotonic())
        if isinstance(thread, Job):
            thread.over.wait(left)
        else:
            thread.join(left)
