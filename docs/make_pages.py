"""Makes the pages on causes from the catalogue's own data: ``python docs/make_pages.py``; a test holds them to it."""

from collections.abc import Iterator
from pathlib import Path

from incidentlab.causes import catalogue, families
from incidentlab.causes.page import page
from incidentlab.model.cause import Cause

FOLDER = Path(__file__).resolve().parent / "causes"
INDEX = "README.md"


def pages() -> dict[str, str]:
    """Return file name → text of every page, the index too."""
    return {INDEX: "\n".join(_index()), **{f"{name}.md": page(cause) for name, cause in catalogue().items()}}


def _index() -> Iterator[str]:
    yield "# The catalogue of causes\n"
    yield (
        "What `incidentlab diagnose` can find, a page each; `incidentlab explain ID` prints the same. These pages are\n"
        "made from the catalogue's own data by `python docs/make_pages.py`.\n"
    )
    for family in families().values():
        if family.causes:
            yield f"## {family.title.rstrip('.')}\n"
            yield "| cause | what it is |\n| --- | --- |"
            yield "".join(f"| [{each.id}]({each.id}.md) | {_cell(each.summary)} |\n" for each in family.causes)
    yield "## Two verdicts that are no cause\n"
    yield "| verdict | what it means |\n| --- | --- |"
    yield "| `healthy` | nothing was found, and a fact shows that the service works |"
    yield "| `inconclusive` | neither holds; `missing` says what would have to be known |\n"
    yield "## Who explains whom\n"
    yield (
        "Where both hold, the one in the row is the root cause and the one in the column hangs beneath it as what it\n"
        "brings about.\n"
    )
    yield from _matrix(tuple(catalogue().values()))


def _matrix(causes: tuple[Cause, ...]) -> Iterator[str]:
    explained = sorted({one for each in causes for one in each.explains})
    rows = [each for each in causes if each.explains]
    if not rows:
        yield "None of them explains another.\n"
        return
    yield "".join(f"{number}. `{name}`\n" for number, name in enumerate(explained, 1))
    yield f"| explains | {' | '.join(str(number) for number in range(1, len(explained) + 1))} |"
    yield f"| --- |{' :-: |' * len(explained)}"
    for each in rows:
        marks = " | ".join("●" if one in each.explains else "" for one in explained)
        yield f"| [{each.id}]({each.id}.md) | {marks} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write all pages, and remove those of causes that are gone."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
