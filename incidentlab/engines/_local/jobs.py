"""Work in threads that Ctrl-C cannot leave behind: what has begun is waited for, what has not never begins."""

from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread
from typing import Any, Generic, TypeVar

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")


class Job(Generic[T]):
    """One function, to be done once in a thread of its own.

    The library's own executor loses sight of a thread when Ctrl-C comes in the middle of starting it; such a thread
    would go on copying or starting things while everything is being removed.
    """

    def __init__(self, work: Callable[[], T], noted: Event | None = None) -> None:
        self._work = work
        self._lock = Lock()
        self._noted = noted or Event()
        self._taken = False
        self._result: list[T] = []
        self.error: BaseException | None = None
        self.over = Event()

    def start(self) -> None:
        """Begin; a second call changes nothing."""
        Thread(target=self._run, daemon=True).start()

    def call_off(self) -> None:
        """Never begin; work that has begun goes on to its end."""
        if self._take():
            self._end()

    def result(self) -> T:
        """Return what the ended work gave, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self._result[0]

    def _take(self) -> bool:
        with self._lock:
            free, self._taken = not self._taken, True
        return free

    def _run(self) -> None:
        if not self._take():
            return
        try:
            self._result.append(self._work())
        except BaseException as error:  # handed over by result()
            self.error = error
        finally:
            self._end()

    def _end(self) -> None:
        self.over.set()
        self._noted.set()


def both(first: Callable[[], A], second: Callable[[], B], *, stop: Event | None = None) -> tuple[A, B]:
    """Do two things side by side; when one fails, or Ctrl-C comes, ``stop`` is set and the other is waited for."""
    noted = Event()
    one, two = Job(first, noted), Job(second, noted)
    jobs: tuple[Job[Any], ...] = (one, two)
    try:
        for job in jobs:
            job.start()
        while not all(job.over.is_set() for job in jobs):
            noted.wait()
            noted.clear()
            for job in jobs:
                if job.error is not None:
                    raise job.error
        return one.result(), two.result()
    except BaseException:
        if stop:
            stop.set()
        _wait_out(jobs)
        raise


def to_its_end(work: Callable[[], None]) -> None:
    """Do it whatever comes; Ctrl-C in the middle is served afterwards."""
    job = Job(work)
    interrupt: KeyboardInterrupt | None = None
    while not job.over.is_set():
        try:
            job.start()
            job.over.wait()
        except KeyboardInterrupt as error:
            interrupt = error
    job.result()
    if interrupt is not None:
        raise interrupt


def _wait_out(jobs: Sequence[Job[Any]]) -> None:
    """Wait for what has begun: nothing can be removed for good before that has ended."""
    while not all(job.over.is_set() for job in jobs):
        try:
            for job in jobs:
                job.call_off()
                job.over.wait()
        except KeyboardInterrupt:
            continue  # there is an interruption or an error on its way already
