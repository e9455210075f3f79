"""What is wrong with a scenario file, collected with its places."""

from incidentlab.catalogue._document import Document, mend
from incidentlab.errors import ScenarioError


class Problems:
    """Collects what is wrong, so that an author sees all of it in one go."""

    def __init__(self, document: Document, mend: str = "") -> None:
        self._document = document
        self._mend = mend
        self.found: list[str] = []

    def add(self, path: tuple[str | int, ...], sentence: str) -> None:
        self.found.append(f"{self._document.at(path)}: {sentence}")

    def raise_if_any(self) -> None:
        if self.found:
            raise ScenarioError(
                f"{self._document.name} cannot be used.",
                self.found,
                mend=[self._mend] if self._mend else mend(self._document.name),
            )
