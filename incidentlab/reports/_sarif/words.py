"""Text that came from logs as a SARIF message, which has a small language of its own."""

from incidentlab.reports._text import one_line

_LIMIT = 1000  # characters; code hosts cut what is longer


def message(text: str) -> str:
    """Return text as it has to stand in a message.

    Braces are placeholders there and are doubled (section 3.11.5 of the standard); ``[text](7)`` is a link (3.11.6),
    which a log line must not be able to make.
    """
    return one_line(text, _LIMIT).replace("{", "{{").replace("}", "}}").replace("](", "] (")
