"""What is found in a whole log is found once, however many of its events are asked about afterwards.

functools' caches hash their arguments at each call. Of a tuple of events that costs as much as reading all of them,
so that a question about each event would take the square of the log's length: logs are told apart by identity here.
"""

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from incidentlab.model.evidence import LogEvent

Q = ParamSpec("Q")
R = TypeVar("R")


def once_per_log(
    find: Callable[Concatenate[tuple[LogEvent, ...], Q], R],
) -> Callable[Concatenate[tuple[LogEvent, ...], Q], R]:
    """Keep what a function has found in the last log that it was given, by what else it was asked.

    Args:
        find: takes a log's events, and after them what can be hashed.

    Returns:
        The function, for whoever gives it the very same tuple again.
    """
    kept: tuple[tuple[LogEvent, ...], dict[Hashable, R]] = ((), {})

    @wraps(find)
    def ask(logs: tuple[LogEvent, ...], /, *args: Q.args, **kwargs: Q.kwargs) -> R:
        nonlocal kept
        last, answers = kept
        if logs is not last:
            answers = {}
            kept = (logs, answers)
        question = (args, tuple(sorted(kwargs.items())))
        if question not in answers:
            answers[question] = find(logs, *args, **kwargs)
        return answers[question]

    return ask
