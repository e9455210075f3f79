"""What kept a log from being read, in sentences: what happened, what was read all the same, what to do."""

import shlex

from incidentlab.collectors._packed import UnreadableError


def why_unread(name: str, error: Exception, size: int = 0) -> str:
    """Return the sentences.

    Args:
        name: the log's, as the user wrote it.
        error: what happened.
        size: how many bytes of text came before.
    """
    so_far = f" What came before, {size:,} bytes of text, was read." if size else ""
    return f"{name} {_reason(name, error, begun=size > 0)}{so_far}"


def _reason(name: str, error: Exception, *, begun: bool) -> str:
    if isinstance(error, UnreadableError):
        return f"was not read: it is {error.what}. {error.mend}."
    if isinstance(error, EOFError):
        return "is cut off: its compressed data ends too early."
    if isinstance(error, PermissionError):
        other = f"sudo cat {shlex.quote(name)} | incidentlab diagnose --logs -"
        return f"could not be read: you have no right to. Ask as somebody who has: {other}"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"could not be read{' to its end' if begun else ''}: {said[:1].lower()}{said[1:].rstrip('.')}."
