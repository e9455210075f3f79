"""A cause's page on the terminal; Rich is loaded only where there is one, because `explain` is asked in a hurry."""

import sys

from incidentlab import causes
from incidentlab.causes.page import page


def print_page(cause: str) -> None:
    """Print a cause's page: rendered on a terminal, as Markdown in a pipe.

    Raises:
        UnknownNameError: there is no such cause.
    """
    text = page(causes.get(cause))
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    from rich.markdown import Markdown

    from incidentlab.console.output import Output

    Output().show(Markdown(text))
