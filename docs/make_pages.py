"""Makes the pages on causes, and the one on scenarios, from their own data: ``python docs/make_pages.py``.

Tests hold the pages to the data.
"""

from collections.abc import Iterator
from pathlib import Path

from incidentlab import catalogue as scenarios
from incidentlab.causes import catalogue, families
from incidentlab.causes.page import page
from incidentlab.model.cause import Cause
from incidentlab.model.scenario import Scenario, Variant

DOCS = Path(__file__).resolve().parent
FOLDER = DOCS / "causes"
INDEX = "README.md"
SCENARIOS = DOCS / "SCENARIOS.md"


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


def scenario_page() -> str:
    """Return the page that lists the scenarios by the families of their causes."""
    return "\n".join(_scenario_lines())


def _scenario_lines() -> Iterator[str]:
    yield "# The catalogue of scenarios\n"
    yield (
        "Incidents that can be reproduced: `incidentlab run broken --scenario ID`, then `incidentlab diagnose`, then\n"
        "one of the remedies. Each has its story in a README beside its files, with a reference to where it happened.\n"
        "`incidentlab scenarios prove` shows of each that it breaks, heals by its remedy alone, and is diagnosed;\n"
        "[scenarios/README.md](../scenarios/README.md) has the format and the rules of the proof. This page is made\n"
        "from the scenarios' own data by `python docs/make_pages.py`.\n"
    )
    known = [scenarios.load_folder(folder) for folder in scenarios.folders().values()]
    yield f"There are {len(known)} of them.\n"
    placed: set[str] = set()
    for family in families().values():
        causes = {each.id for each in family.causes}
        members = [each for each in known if each.cause in causes]
        placed |= {each.id for each in members}
        if members:
            yield f"## {family.title.rstrip('.')}\n"
            yield from _scenario_table(members)
    others = [each for each in known if each.id not in placed]
    if others:
        yield "## No incident\n"
        yield from _scenario_table(others)
    unfit = [(each, name, why) for each in known for name, why in each.unfit.items()]
    if unfit:
        yield "## What an engine cannot do truthfully\n"
        yield "".join(f"- `{each.id}` on {name}: {why}\n" for each, name, why in unfit)


def _scenario_table(members: list[Scenario]) -> Iterator[str]:
    yield "| scenario | what happens | cause | remedies |\n| --- | --- | --- | --- |"
    for each in members:
        link = f"[{each.id}](../scenarios/{each.id}/README.md)"
        cause = f"[{each.cause}](causes/{each.cause}.md)" if each.cause in catalogue() else each.cause
        remedies = "<br>".join(_remedy(one) for one in each.variants.values() if one.remedy)
        yield f"| {link} | {_cell(each.summary)} | {cause} | {remedies} |"
    yield ""


def _remedy(variant: Variant) -> str:
    return f"`{variant.name}`: {_cell(variant.summary)}"


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
    SCENARIOS.write_text(scenario_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
