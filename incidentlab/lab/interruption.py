"""Ctrl-C, SIGTERM and a closed terminal: the first one stops the run, later ones wait until everything is removed."""

import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Turns SIGINT, SIGTERM and SIGHUP into one KeyboardInterrupt, and holds it back while something is being removed.

    Without this, a second Ctrl-C in the middle of the removal would leave containers behind, and SIGTERM would end
    the process without any removal at all.
    """

    def __init__(self) -> None:
        self._raised = False
        self._shields = 0
        self._pending = False

    @contextmanager
    def installed(self) -> Iterator["Interruption"]:
        """Handle the signals inside this context; the earlier handlers come back afterwards.

        One that is ignored stays so: ``nohup`` ignores SIGHUP, and a shell SIGINT for what runs in the background.
        After an interruption all of them are ignored: the program is on its way out, and an impatient second Ctrl-C
        must neither cut off its last words nor change its exit code.
        """
        heard = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
        earlier = {each: signal.signal(each, self._handle) for each in heard}
        try:
            yield self
        finally:
            for number, handler in earlier.items():
                signal.signal(number, signal.SIG_IGN if self._raised else handler)

    @contextmanager
    def leaving_shielded(self, manager: AbstractContextManager[T]) -> Iterator[T]:
        """Enter ``manager`` as usual and leave it with the signals held back."""
        with self._left_shielded(manager, manager.__enter__()) as thing:
            yield thing

    @contextmanager
    def shielded(self, manager: AbstractContextManager[T]) -> Iterator[T]:
        """Enter and leave ``manager`` with the signals held back: it is there in full or not at all."""
        with self._held():
            thing = manager.__enter__()
        with self._left_shielded(manager, thing):
            self._serve()
            yield thing

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Hold the signals back inside this context; what came meanwhile is served at its end."""
        with self._held():
            yield
        self._serve()

    @contextmanager
    def _left_shielded(self, manager: AbstractContextManager[T], thing: T) -> Iterator[T]:
        try:
            yield thing
        except BaseException as error:
            with self.held_back():
                swallowed = manager.__exit__(type(error), error, error.__traceback__)
            if not swallowed:
                raise
        else:
            with self.held_back():
                manager.__exit__(None, None, None)

    @contextmanager
    def _held(self) -> Iterator[None]:
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1

    def _serve(self) -> None:
        if self._pending and not self._shields:
            self._pending = False
            self._raised = True
            raise KeyboardInterrupt

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._raised:
            return
        if self._shields:
            self._pending = True
            return
        self._raised = True
        raise KeyboardInterrupt
