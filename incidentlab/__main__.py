"""The entry point: two quick answers without loading the command line, else Typer, else one panel."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from incidentlab import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code (the table is in ``docs/API.md``).

    ``--version`` and ``explain ID`` are asked for by scripts and in a hurry; loading Typer and what it needs for its
    parameters would take most of their time, so they are answered before.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _open_closed_streams()
    try:
        if words == ["--version"]:
            sys.stdout.write(f"incidentlab {__version__}\n")
            return 0
        if len(words) == 2 and words[0] == "explain" and not words[1].startswith("-"):
            from incidentlab.console.cause_page import print_page

            return _guarded(lambda: print_page(words[1]), words)
        from incidentlab.cli.app import run_words

        return _guarded(lambda: run_words(words), words)
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does: not an error. Python would complain once more while
        # it closes stdout, so that is pointed elsewhere.
        sys.stdout = None
        return 0
    except KeyboardInterrupt:
        # Before a run has begun or after it has ended; in between it has its own way to end.
        sys.stderr.write("Interrupted.\n")
        return 130


def _guarded(action: Callable[[], int | None], words: Sequence[str]) -> int:
    from incidentlab.errors import IncidentlabError

    try:
        code = action() or 0
    except IncidentlabError as error:
        from incidentlab.console.output import Output

        Output().error(error)
        return error.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:
        if "--debug" in words:
            raise
        return _bug(error)
    try:
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        raise
    except OSError as error:
        return _unwritten(error)


def _open_closed_streams() -> None:
    """Put nothing in the place of streams that were closed by ``>&-``, before a file of ours gets their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - open to the end


def _unwritten(error: OSError) -> int:
    from incidentlab.console.output import Output, stdout_refuses

    panel = stdout_refuses(error)
    Output().error(panel)
    return panel.exit_code


def _bug(error: Exception) -> int:
    """Say plainly that this is our fault; 70 is what ``sysexits.h`` calls an internal software error."""
    from incidentlab.console.output import Output
    from incidentlab.errors import IncidentlabError

    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    panel = IncidentlabError(
        "This is a bug in incidentlab.",
        why=f"{type(error).__name__}: {error}\n{where}",
        mend=["Run it again with --debug before the command for the whole traceback.", "Leftovers: incidentlab clean"],
    )
    Output().error(panel)
    return 70


def script() -> None:
    """End the process with the exit code of :func:`main`; what the installed ``incidentlab`` command calls.

    The process is short, and most of what it makes is what it imports. Looking through all of that for garbage, again
    and again and once more at the end, would take a tenth of a second of every command.
    """
    gc.set_threshold(100_000, 20, 100)
    for number in (signal.SIGTERM, signal.SIGHUP):
        # As Ctrl-C does, from the first line to the last: so the exit code is the table's. `nohup` stays what it is.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    code = 130
    with suppress(KeyboardInterrupt):  # between main's last line and this one, or while it told of an earlier one
        code = main()
    # Only the end is left: a late Ctrl-C could stop nothing any more, but change the exit code.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # A Ctrl-C that came through the exec of a string (dataclasses are made by one) leaves a mark in CPython, by which
    # `python -m` kills itself at its end, whoever caught it (Python/pythonrun.c, run_eval_code_obj). Here it goes.
    exec("")  # noqa: S102 - nothing is executed
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    script()
