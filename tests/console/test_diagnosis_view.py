"""What people see of a diagnosis: the verdict first, nothing cut that matters, log text never taken for markup."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from incidentlab.console.diagnosis_view import view
from incidentlab.console.theme import THEME, Signs
from incidentlab.model.asked import Asked
from incidentlab.model.diagnosis import Diagnosis, Finding, Link, Mend, RuledOut

AT = datetime(2026, 3, 2, 14, 2, 11, tzinfo=UTC)
ERROR = 'sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "tasks" does not exist'
DIFF = """\
--- a/Dockerfile
+++ b/Dockerfile
@@ -9 +9 @@
-CMD ["uvicorn"]
+CMD ["sh", "-c", "alembic upgrade head && exec uvicorn"]
"""
REFUSED = Link("Refused", "log:app.log:3", "log of app.log", 3, "connection refused", "sed -n 3p app.log")

SYMPTOM = Finding("database-not-ready", "The database was not ready", "likely", "It refused connections.", (REFUSED,))
NOT_APPLIED = Finding(
    "migrations-not-applied",
    "The migrations were never applied",
    "certain",
    "The service asks for the table tasks, which does not exist, and nothing applies the migrations at start.",
    (
        Link("The image starts its server and applies no migration", "image:app", "Dockerfile", 9, 'CMD ["uvicorn"]',
             "docker inspect app --format '{{json .Config.Entrypoint}} {{json .Config.Cmd}} {{json .Config.User}}'"),
        Link("The first statement that needs tasks fails", "log:app.log:41", "log of app.log", 41, ERROR,
             "sed -n 41p app.log", "app.log", "web", AT),
    ),
    (
        Mend("diff", DIFF, "The image applies the migrations itself."),
        Mend("command", "docker exec app alembic upgrade head", "Brings the service back now."),
        Mend("text", "Make sure that the URL names the database you mean."),
    ),
    (Finding("port-conflict", "The port was taken", "likely", "By its own second try.", (), (), (SYMPTOM,)),),
)  # fmt: skip
OTHER = Finding("disk-full", "The disk is full", "possible", "No space is left for the server's log.", (REFUSED,))
RULED_OUT = tuple(RuledOut(f"cause-{n}", "Title", f"The fact number {n} speaks against it.", "x") for n in range(6))
INCIDENT = Diagnosis("incident", "Two.", (NOT_APPLIED, OTHER), RULED_OUT, ("The code was not given: --project DIR.",))
SOURCES = (
    Asked("log", "app.log", "41 lines"),
    Asked("container", "app", "There is no container named 'app'.", read=False),
)


def shown(diagnosis: Diagnosis, width: int, *, encoding: str = "utf-8", verbose: bool = False) -> str:
    written = StringIO()
    console = Console(
        file=written, width=width, theme=THEME, color_system=None, highlight=False, markup=False, emoji=False
    )
    signs = Signs(encoding)
    console.print(view(diagnosis, signs, console, sources=SOURCES, verbose=verbose), crop=False)
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


@pytest.mark.parametrize("width", [40, 80, 120])
def test_an_incident_at_every_width(width: int, snapshot: SnapshotAssertion) -> None:
    assert shown(INCIDENT, width) == snapshot


def test_what_matters_less_is_folded_and_shown_on_request(snapshot: SnapshotAssertion) -> None:
    assert shown(Diagnosis("incident", "", (OTHER,), RULED_OUT), 80, verbose=True).count("speaks against it") == 6
    assert shown(Diagnosis("incident", "", (OTHER,), RULED_OUT, tuple("abcdef")), 80) == snapshot


def test_health_says_by_which_fact(snapshot: SnapshotAssertion) -> None:
    healthy = Diagnosis(
        "healthy", "No incident found. The log says that it serves, line 8: started.", (), RULED_OUT[:1]
    )
    assert shown(healthy, 80) == snapshot


def test_inconclusive_says_all_that_it_needs(snapshot: SnapshotAssertion) -> None:
    wanted = tuple(f"Give the fact number {n}." for n in range(9))
    assert shown(Diagnosis("inconclusive", "These facts show nothing.", missing=wanted), 80) == snapshot


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_the_verdict_is_the_first_word_and_nothing_that_matters_is_cut(width: int) -> None:
    text = shown(INCIDENT, width)
    assert text.split("\n")[1].strip() == "INCIDENT"
    squeezed = "".join(text.replace("│", "").split())
    for words in (
        ERROR,
        NOT_APPLIED.summary,
        "service web",
        "line 41",
        "2026-03-02 14:02:11",
        "By its own second try.",
    ):
        assert "".join(words.split()) in squeezed
    # What one copies stands in one line, however narrow the terminal is.
    for line in (*DIFF.splitlines(), "docker exec app alembic upgrade head", NOT_APPLIED.evidence[0].command):
        assert any(line in each for each in text.splitlines())


def test_a_log_line_is_never_markup_nor_terminal_control() -> None:
    hostile = "[bold]x[/bold] [/nothing] :warning: \x1b[2J\x1b]0;title\x07 [link=http://e]y[/link] \u202eabc"
    link = Link(hostile, hostile, hostile, 1, hostile, hostile, hostile, hostile)
    finding = Finding("disk-full", hostile, "certain", hostile, (link,), (Mend("command", hostile, hostile),))
    whole = Diagnosis("incident", hostile, (finding,), (RuledOut("a", "b", hostile, "c"),), (hostile,))
    text = shown(whole, 80)
    assert "[bold]x[/bold] [/nothing] :warning:" in text
    assert not set(text) & {"\x1b", "\x07", "\u202e"}


def test_a_line_without_end_is_cut_with_a_note_of_the_rest() -> None:
    link = Link("Long", "log:a:1", "log of a", 1, "x" * 60_000)
    text = shown(Diagnosis("incident", "", (Finding("disk-full", "T", "certain", "S", (link,)),)), 80)
    assert "59,200 more characters" in " ".join(text.split())
    assert len(text) < 4_000


def test_ascii_is_enough() -> None:
    text = shown(INCIDENT, 80, encoding="ascii")
    assert not set(text) & set("✓✗•·")


def test_a_cause_of_another_version_is_shown_too() -> None:
    unknown = Finding("of-tomorrow", "T", "certain", "S", ())
    assert "of-tomorrow" in shown(Diagnosis("incident", "", (unknown,)), 80, verbose=True)
