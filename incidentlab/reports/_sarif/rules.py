"""A cause of the catalogue as a SARIF rule, with its page as help."""

from collections.abc import Callable
from typing import Any

from incidentlab.model.cause import Cause


def rule(name: str, cause: Cause | None, page: Callable[[Cause], str]) -> dict[str, Any]:
    """Return the descriptor of a rule; one that the catalogue does not know has its id alone."""
    if cause is None:
        return {"id": name}
    text = page(cause)
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "shortDescription": {"text": cause.title},
        "fullDescription": {"text": cause.summary},
        "help": {"text": text, "markdown": text},
        **({"helpUri": cause.links[0]} if cause.links else {}),
        "properties": {"tags": ["database", "deployment"]},
    }
