"""What a step is, and what it is given: the living stack, a place for what has to be undone, and a clock to wait by."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Lock, Thread
from typing import Generic, TypeVar

from incidentlab.engines._base import Stack
from incidentlab.errors import IncidentlabError, StepFailedError

O = TypeVar("O")  # noqa: E741 - the options of a step
_JOIN_SECONDS = 15.0  # for what a step still does to notice that the run is over


@dataclass
class Scene:
    """Where steps are carried out. ``tell`` puts a sentence into the timeline; ``bad`` one that is a failure."""

    stack: Stack
    tell: Callable[[str], None]
    bad: Callable[[str], None]
    started: Flag = field(default_factory=Flag)  # the app has been started
    over: Flag = field(default_factory=Flag)  # the run is over: nothing waits any longer
    _undo: list[Callable[[], object]] = field(default_factory=list)
    _threads: list[Thread] = field(default_factory=list)
    _jobs: list[Flag] = field(default_factory=list)  # of what was begun beside: set when it has ended
    _lock: Lock = field(default_factory=Lock)
    errors: list[IncidentlabError] = field(default_factory=list)  # of what went on in the background

    def undo(self, what: Callable[[], object]) -> None:
        """Do this when the run is over, the last thing first; at once where it is over already."""
        with self._lock:
            if not self.over.is_set():
                self._undo.append(what)
                return
        what()

    def aside(self, name: str, work: Callable[[], object]) -> bool:
        """Do this in a thread; an error in it is kept in ``errors`` and told. Return whether it has begun."""
        thread = Thread(target=self._kept, args=(name, work), name=f"incidentlab-step-{name}", daemon=True)
        with self._lock:
            if self.over.is_set():
                return False
            self._threads.append(thread)
            thread.start()
        return True

    def beside(self, name: str, work: Callable[[], object]) -> None:
        """Do this in a thread, as something that comes to an end of its own; ``at_work`` says whether it has.

        When the run is over, ``work`` has to notice. It is waited for before anything is undone that was there ahead
        of it: a job that waits for a lock must not get it in the last moment.
        """
        ended = Flag()

        def to_its_end() -> None:
            try:
                work()
            finally:
                ended.set()

        if self.aside(name, to_its_end):
            self._jobs.append(ended)
            self.undo(lambda: ended.wait(_JOIN_SECONDS))

    @property
    def at_work(self) -> bool:
        """Whether something still goes on that comes to an end of its own."""
        return not all(each.is_set() for each in self._jobs)

    def pause(self, seconds: float | None) -> bool:
        """Wait so long, until the end of the run for ``None``; return whether the run goes on."""
        return not self.over.wait(seconds)

    def close(self) -> None:
        """End all that steps have begun; what cannot be undone by itself goes with the stack."""
        with self._lock:
            self.over.set()
            undo, self._undo = self._undo[::-1], []
        for what in undo:
            try:
                what()
            except Exception as error:  # the stack may be gone; the next thing is undone all the same
                self.bad(f"Could not be undone: {type(error).__name__}")
        for thread in self._threads:
            thread.join(_JOIN_SECONDS)

    def _kept(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except IncidentlabError as error:
            if not self.over.is_set():
                self.errors.append(error)
                self.bad(error.what)
        except Exception as error:
            if not self.over.is_set():
                said = self.redacted(f"{type(error).__name__}: {error}")
                self.errors.append(failed(f"The step {name} could not be carried out.", said))
                self.bad(f"The step {name} failed: {said}")

    def redacted(self, text: str) -> str:
        """Return a text without this run's secrets."""
        from incidentlab.redact import Redactor

        return Redactor(self.stack.secrets).text(text.strip())


@dataclass(frozen=True, slots=True)
class Step(Generic[O]):
    """One kind of step.

    ``tell`` says in a sentence what is done, with the options' own words; ``do`` does it, and returns when what has to
    be there before the next step is there.
    """

    options: type[O]
    name: str
    tell: Callable[[O], str]
    do: Callable[[O, Scene], None]


def failed(what: str, why: str) -> StepFailedError:
    """Return the error for a step that could not be carried out."""
    return StepFailedError(
        what,
        why=why,
        mend=("Look at this step in scenario.yaml; --keep always leaves the stack to look at.",),
    )
