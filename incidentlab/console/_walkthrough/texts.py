"""The walkthrough's words: titles of the steps, what is said at each, and the stories of incidents."""

from collections.abc import Mapping
from dataclasses import dataclass, field

TITLES = (
    "The problem",
    "Building the broken image",
    "The failure",
    "Reading the logs",
    "Correcting the Dockerfile",
    "Testing the solution",
    "Functional validation",
    "Good practices",
)

INTRODUCTIONS = {
    2: "The image is built from that Dockerfile now, and beside it PostgreSQL starts with an empty database, as "
    "production had one.",
    3: "The database answers. The app is started as production started it, with its address in DATABASE_URL.",
    4: "A log is read from its end. The last exception says what happened; the lines beneath it say where.",
    5: "This is the whole difference between the two Dockerfiles of this incident:",
    6: "The corrected Dockerfile is built and started in the same way, on a database that is as empty as before.",
    7: "An answer to /health is a claim. The app is used now: each request with the status it has to get, then steady "
    "use, and at the end every row that was written is read back.",
    8: "Each is held against the image and the database that were just used. A lab may leave some out; production may "
    "not.",
}

# Where the two Dockerfiles are the same, because the correction lies beside them.
BESIDE_TITLES = {5: "Correcting the deployment"}
BESIDE = {
    5: "The two Dockerfiles of this incident are the same. What was corrected lies beside them:",
    6: "The corrected deployment is made in the same way, on a database of its own.",
}

# What is said in place of the above on an engine where that would not be true.
PARTICULAR = {
    (2, "local"): "The local engine builds no image: it carries out that Dockerfile on this machine, line by line. "
    "Beside it PostgreSQL starts with an empty database, as production had one.",
    (6, "local"): "The corrected Dockerfile is carried out and started in the same way, on a database that is as empty "
    "as before.",
}
INCONCLUSIVE = "The evidence names no cause. What is missing:"
NOT_VALIDATED = "There is nothing to use: the app did not become healthy."
NO_ERRORS = "The app's log holds no error."

# The line of a log → what a reader learns from it; the first word that a line begins with, or holds, decides.
READINGS = (
    ("[SQL:", "the statement that failed: what the app wanted"),
    ("LINE ", "where in the statement"),
    ("^", "the word that PostgreSQL stumbled over"),
    ("DETAIL:", "what PostgreSQL adds"),
    ("HINT:", "what PostgreSQL advises"),
    ("Error", "what PostgreSQL said, by way of the driver"),
)


@dataclass(frozen=True, slots=True)
class Story:
    """What is particular to one incident: how it came about, what to look at, why the correction is as it is."""

    problem: tuple[str, ...]
    marked: str = "says how the container starts."
    reading: tuple[str, ...] = ()
    whys: tuple[tuple[str, str], ...] = ()
    exit_codes: Mapping[int, str] = field(default_factory=dict)  # what the way in which it dies says


MISSING_MIGRATIONS = Story(
    problem=(
        "TaskManager is a small web service on PostgreSQL. Its tables are made by migrations, which a developer "
        "applied once, by hand: from then on it worked in development.",
        "It was shipped as an image. The new database in production was empty, nobody ran the migrations there, and "
        "the app died seconds after its start.",
    ),
    marked="starts the server and nothing else: nothing applies the migrations.",
    reading=(
        "Nothing is wrong with the code, the network or the password: PostgreSQL was reached, understood the "
        "statement, and has no such table. So one asks: who should have made the table, and did it run?",
    ),
    exit_codes={
        3: "uvicorn's own code for an application whose start-up failed. An orchestrator would start it again, "
        "and again, to the same end.",
    },
    whys=(
        ("alembic upgrade head", "brings the schema to what this code expects, and does nothing where it is there."),
        ("&&", "starts the server only if that succeeded. With ; it would start on a schema that is half made."),
        ("exec", "lets uvicorn take the shell's place, so that the SIGTERM of docker stop reaches it and requests in "
         "flight are finished. Without it the shell keeps the signal to itself, and the kill follows."),
        ("sh -c", "is needed since && is a shell's word: the JSON form of CMD starts a program without any shell."),
    ),
)  # fmt: skip

STORIES = {"missing-migrations": MISSING_MIGRATIONS}


def titles(beside: bool = False) -> tuple[str, ...]:
    """Return the titles of the steps."""
    return tuple(BESIDE_TITLES.get(n, title) if beside else title for n, title in enumerate(TITLES, 1))


def introduction(number: int, engine: str, beside: bool = False) -> tuple[str, ...]:
    """Return what is said at the beginning of a step, on that engine."""
    said = (BESIDE.get(number) if beside else None) or PARTICULAR.get((number, engine)) or INTRODUCTIONS.get(number)
    return (said,) if said else ()


def corrected(remedy: str) -> str:
    """Say where a remedy lies, one of a variant's ``remedy:`` in words."""
    kind, _, what = remedy.partition(" ")
    said = {
        "Dockerfile": f"the Dockerfile's {what}",
        "env": f"{what} in the app's environment",
        "file": f"the file {what}",
        "before": f"what is done before the app starts: {what.replace('_', ' ')}",
        "during": f"what is done while the app runs: {what.replace('_', ' ')}",
        "replicas": "how many replicas of the app there are",
        "limits": "how much memory the app may use",
    }
    return said.get(kind, remedy)


def story_of(scenario: str, summary: str, remedy: str) -> Story:
    """Return an incident's story; for one that has none yet, what its scenario says of itself.

    Args:
        scenario: the scenario's id.
        summary: its summary.
        remedy: the summary of the variant that mends it.
    """
    return STORIES.get(scenario) or Story((summary,), whys=(("fixed", remedy),) if remedy else ())
