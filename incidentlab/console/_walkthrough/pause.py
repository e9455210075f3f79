"""Waits for a key between two steps, and takes the question away again."""

from collections.abc import Callable
from contextlib import suppress

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text


class LeftEarlyError(Exception):
    """The person has left by ``q``; it passes through what is running, so that this is removed."""


def wait(ask: Callable[[], str], prompt: str, console: Console) -> None:
    """Return when Enter or space was pressed; other keys, arrows among them, do nothing.

    Args:
        ask: waits for a key and returns it.
        prompt: the question; it is gone from the screen afterwards.
        console: where it is asked.

    Raises:
        LeftEarlyError: on ``q``, at the end of input and where the terminal was closed.
        KeyboardInterrupt: on Ctrl-C.
    """
    console.print(Text(prompt, "quiet"), end="", no_wrap=True, overflow="ellipsis")
    try:
        while True:
            key = ask()
            if not key or key[0] in "qQ":
                raise LeftEarlyError
            if key[0] in "\r\n ":
                return
    except (EOFError, OSError):
        raise LeftEarlyError from None
    finally:
        with suppress(OSError):
            _wipe(console)


def _wipe(console: Console) -> None:
    if console.is_dumb_terminal:
        console.print()
    else:
        console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
