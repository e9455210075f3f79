"""Keeps keys that are pressed while something runs from being written between what it prints."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


@contextmanager
def silent() -> Iterator[None]:
    """Write no typed keys on the terminal inside this context; afterwards they are forgotten, and all is as before.

    Ctrl-Z gives the terminal back as it was, and ``fg`` takes it again. Does nothing where stdin is no terminal, where
    the program runs in the background (setting its terminal would stop it), and on systems without termios.
    """
    if sys.platform == "win32" or not sys.stdin.isatty():
        yield
        return
    import termios

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)

    def put(*, echo: bool) -> None:
        with suppress(OSError, termios.error):  # the terminal may have been closed
            if os.tcgetpgrp(descriptor) == os.getpgrp():
                modes = list(before)
                modes[3] = before[3] if echo else before[3] & ~termios.ECHO
                # At once: to wait for what is still being written would hang where nobody reads it any more.
                termios.tcsetattr(descriptor, termios.TCSANOW, modes)
                termios.tcflush(descriptor, termios.TCIFLUSH)

    def stop(_number: int, _frame: FrameType | None) -> None:
        put(echo=True)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)  # here it stands still until `fg`
        signal.signal(signal.SIGTSTP, stop)
        put(echo=False)

    heard = signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL
    try:
        if heard:
            signal.signal(signal.SIGTSTP, stop)
        put(echo=False)
        yield
    finally:
        put(echo=True)
        if heard:
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
