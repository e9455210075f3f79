"""Graded hints, from the data of the scenario and of its cause: each says more than the one before."""

from incidentlab import causes
from incidentlab.lab.challenge.copying import IMAGE, LOGS
from incidentlab.lab.challenge.offered import BROKEN, remedy_of
from incidentlab.model.scenario import Expectation, Scenario

_HAPPENS = {
    "crash": "The app, or one of its replicas, ends or cannot be started.",
    "unhealthy": "The app lives and says itself that it is not well: its answer to GET /health has a reason.",
    "degraded": "GET /health is content, and requests fail all the same.",
    "timeout": "The app lives and answers nothing: it waits for something.",
    "healthy": "",
}


def of(scenario: Scenario) -> tuple[str, ...]:
    """Return the hints: where to look, what to look at, the cause, where the remedy lies, the remedy."""
    expect = scenario.variants[BROKEN].expect
    cause = causes.get(scenario.cause)
    given = [_where(expect), _what(expect), f"{cause.title}. {cause.summary}"]
    if remedy := remedy_of(scenario):
        given.append(f"One remedy changes: {', '.join(_place(word) for word in remedy.remedy)}.")
        given.append(f"{remedy.summary} {cause.mend[0]}")
    return tuple(given)


def _where(expect: Expectation) -> str:
    sources = dict.fromkeys(each.source for each in expect.logs)
    said = [f"{LOGS}/{source}.log has a line that matters." for source in sources]
    if not sources:
        said.append("The logs have no line that says it: look at how the app is started.")
    if expect.database is not None:
        said.append(f"Compare what the code expects with {LOGS}/database-state.txt.")
    return " ".join((_HAPPENS[expect.outcome], *said))


def _what(expect: Expectation) -> str:
    said = [f"{LOGS}/{each.source}.log says: {each.contains}." for each in expect.logs[:1]]
    database = expect.database
    if database is not None and database.revision:
        words = {"none": "no revision at all", "head": "the very revision that the code expects"}
        said.append(f"The database has {words.get(database.revision, f'the revision {database.revision}')}.")
    if database is not None and database.missing_tables:
        said.append(f"It lacks: {', '.join(database.missing_tables)}.")
    asked = [f"{each.method} {each.path} → {each.status or 'no answer'}" for each in expect.http]
    if asked and not said:
        said.append("; ".join(asked))
    return " ".join(said) or f"{IMAGE}/Dockerfile: CMD and ENTRYPOINT, the files they name, and who may read them."


def _place(word: str) -> str:
    """Say where a difference lies in the learner's copy."""
    kind, _, what = word.partition(" ")
    match kind:
        case "Dockerfile":
            return f"{what} in {IMAGE}/Dockerfile"
        case "file":
            return f"{IMAGE}/{what}"
        case "env":
            return f"{what} under env: in deployment.yaml"
        case _:
            return f"a step, {what}, in deployment.yaml"
