"""Waiting for PostgreSQL on facts: an answer to ``SELECT 1``, or the end of its container."""

from time import monotonic
from typing import Any

from incidentlab.engines._docker.client import asking
from incidentlab.engines._docker.logs import last_lines
from incidentlab.engines._docker.parts import Workshop
from incidentlab.engines._docker.postgres import Credentials, admitted
from incidentlab.errors import DatabaseNotReadyError

_REFUSED = "password authentication failed"


class TemplateUnusableError(DatabaseNotReadyError):
    """The server answers and does not take the password, or its image is gone: waiting would be in vain."""


def wait_ready(
    shop: Workshop, container: str, port: int, login: Credentials, deadline: float, password: str = ""
) -> str:
    """Return the server's version once it has answered; polls tightly and stops when the container has ended.

    ``password``, where given, is the role's from then on.

    Raises:
        PasswordUnchangedError: it answered, and did not set the password.
        TemplateUnusableError: it answers, and knows another password.
        DatabaseNotReadyError: its container has ended, or ``deadline`` (of the monotonic clock) has passed.
    """
    why = "it has not answered yet"
    while monotonic() < deadline:
        if port:
            version, why = admitted(port, login, password)
            if version:
                return version
            if _REFUSED in why:
                raise not_ready(shop, container, why, TemplateUnusableError)
        with asking(shop.connection, "waiting for PostgreSQL"):
            state: dict[str, Any] = shop.connection.api.inspect_container(container)["State"]
        if not state["Running"]:
            raise not_ready(shop, container, f"Its container has ended with exit code {state['ExitCode']}.")
        shop.cancel.wait(0.01)
    raise not_ready(shop, container, f"It did not answer within {shop.request.timeout:g} s: {why}")


def not_ready(
    shop: Workshop, container: str, why: str, kind: type[DatabaseNotReadyError] = DatabaseNotReadyError
) -> DatabaseNotReadyError:
    """Return the error for a PostgreSQL that is of no use, with the last that it said."""
    with asking(shop.connection, "reading PostgreSQL's log"):
        lines = last_lines(shop.connection, container, shop.redactor())
    spec = shop.request.spec.database
    return kind(
        f"PostgreSQL ({spec.image}) did not get ready.",
        why="\n".join((why, *lines)),
        mend=(
            "Look at `database:` in the scenario: its image and its settings",
            "See whether the machine has memory and disk left: free -m; df -h",
        ),
    )
