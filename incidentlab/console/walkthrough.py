"""Guides a person through an incident in eight steps: shows, waits for a key, and runs nothing itself."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Group
from rich.text import Text

from incidentlab.console import next_view, run_view
from incidentlab.console._walkthrough import practices, reading, source, summary, texts, use, ways
from incidentlab.console._walkthrough.keyboard import silent
from incidentlab.console._walkthrough.paper import Paper
from incidentlab.console._walkthrough.pause import LeftEarlyError
from incidentlab.console._walkthrough.ways import Commands
from incidentlab.console.diagnosis_view import chain
from incidentlab.console.output import Output
from incidentlab.console.progress import Progress
from incidentlab.model.diagnosis import Diagnosis
from incidentlab.model.events import Event, LogLine, Tell
from incidentlab.model.evidence import Evidence
from incidentlab.model.practice import Practice
from incidentlab.model.run import Run
from incidentlab.model.scenario import ExpectedAnswer, Scenario

__all__ = ["Commands", "Dockerfile", "LeftEarlyError", "Walkthrough", "silent", "ways"]

_MIGRATION = re.compile(r"Running upgrade .{0,200}?-> (?P<revision>\w{1,64})(?:.{0,80}?, (?P<message>.{1,200}))?")

Dockerfile = tuple[str, str]  # its name and its text


class Walkthrough:
    """The eight steps on stdout, in one stream, so that they read the same on a terminal and in a pipe.

    Args:
        output: says where and how much.
        scenario: the incident.
        engine: the name of the engine that carries it out.
        ask: waits for a key and returns it; ``None`` never waits.
        begin: the first step that is shown; those before it are carried out too, and get one line each.
    """

    def __init__(
        self, output: Output, scenario: Scenario, engine: str, ask: Callable[[], str] | None, begin: int = 1
    ) -> None:
        fixed = scenario.variants.get("fixed")
        self.step = 0
        self.next = 1  # the step at which one who leaves now goes on another time
        self._begin = begin
        self._paper, self._signs = Paper(output, ask), output.signs
        self._scenario, self._engine, self._ask = scenario, engine, ask
        self._remedy = fixed.remedy if fixed else ()
        self._beside = bool(self._remedy) and not any(each.startswith("Dockerfile ") for each in self._remedy)
        self._titles = texts.titles(self._beside)
        self._story = texts.story_of(scenario.id, scenario.summary, fixed.summary if fixed else "")
        self._progress: Progress | None = None

    def opening(self, engine_title: str, detail: str, why: str) -> None:
        """Say what comes, and on which engine."""
        self._paper.show(Text(), Text(self._scenario.title, "title"))
        self._paper.prose(f"Eight steps, each really carried out on {engine_title}.")
        reason = f"It was chosen because {why}" if why else ""
        self._paper.prose(*(each for each in (detail, reason) if each))
        if self._ask is not None:
            self._paper.prose("Enter goes on and q leaves, at any step; whatever was started is removed then.")
        self._paper.muted = self._begin > 1

    def reach(self, number: int) -> None:
        """Go on to a step, if the walkthrough is not there yet: wait for a key, then print its heading.

        Raises:
            LeftEarlyError: the person leaves.
            BrokenPipeError: nobody reads any more.
        """
        if self._progress is not None and self._progress.deaf:
            raise BrokenPipeError
        if self.step >= number:
            return
        with self._aside():
            self.next = number
            if self.step >= self._begin:
                self._paper.wait(f"  Enter: step {number}, {self._titles[number - 1]} {self._signs.dot} q: leave ")
            self.step = number
            self._paper.muted = number < self._begin
            if self._paper.muted:
                self._paper.passed(number, self._titles)
            self._paper.heading(number, self._titles)
            self._paper.prose(*texts.introduction(number, self._engine, self._beside))

    @contextmanager
    def watching(self) -> Iterator[Tell]:
        """Show what a run tells inside this context."""
        try:
            with Progress(self._paper.output, self._paper.console) as self._progress:
                self._progress.muted = self._paper.muted
                yield self._tell
        finally:
            if self._progress is not None:
                self._paper.printed(self._progress.take_rows())
            self._progress = None
        self._paper.show()

    def problem(self, broken: Dockerfile) -> None:
        """Tell the story, and show the Dockerfile with the line that matters marked."""
        name, text = broken
        marked = source.start_line(text)
        self._paper.prose(*self._story.problem)
        code = source.numbered(text, marked, self._signs, whole=self._ask is None)
        self._paper.show(Group(Group(Text(f"  {name}", "title"), code)))
        if marked is not None:
            self._paper.prose(f"Line {marked} {self._story.marked}")

    def failure(self, run: Run) -> None:
        """Say how it ended, and what was expected of it."""
        self._paper.show(run_view.checks(run.checks, self._signs))
        self._paper.show(run_view.verdict(run))
        meaning = self._story.exit_codes.get(run.exit_code, "") if run.exit_code is not None else ""
        if meaning:
            self._paper.prose(f"Exit code {run.exit_code}: {meaning}")

    def logs(self, evidence: Evidence, diagnosis: Diagnosis) -> None:
        """Show the lines that matter, how they are read, and the chain of proof that follows."""
        self._paper.show(reading.view(reading.last_error(evidence.logs), self._signs))
        if not diagnosis.findings:
            self._paper.show(Text(f"  {texts.INCONCLUSIVE}"))
            self._paper.show(*(Text(f"  {self._signs.point} {each}") for each in diagnosis.missing))
            return
        finding = diagnosis.findings[0]
        if finding.cause == self._scenario.cause:  # the story is told of this cause, and of no other
            self._paper.prose(*self._story.reading)
        head = Text.assemble(("  The chain of proof", "title"), f" for {finding.cause} ({finding.confidence}):")
        first, *others = chain(finding, self._signs).renderables
        self._paper.show(Group(Group(head, Text(), first), *others))

    def correction(self, broken: Dockerfile, fixed: Dockerfile) -> None:
        """Show the difference of the two Dockerfiles, or where else the correction lies, and the reasons for it."""
        if self._beside:
            lines = (Text(f"    {self._signs.point} {texts.corrected(each)}") for each in self._remedy)
            self._paper.show(Group(*lines))
        else:
            self._paper.show(source.difference(broken, fixed))
        if not self._paper.output.quiet:
            reasons = source.reasons(self._story.whys).renderables
            self._paper.show(*(self._paper.narrow(each) for each in reasons))

    def validation(self, run: Run, expected: Sequence[ExpectedAnswer]) -> None:
        """Show each request with its answer, the steady window, and what was found in the database."""
        if not use.proof(run):
            self._paper.show(Text(f"  {texts.NOT_VALIDATED}", "bad"))
        self._paper.show(use.view(run, expected, self._signs, self._paper.console.width))
        self._paper.show(run_view.verdict(run))

    def practices(self, found: Sequence[Practice]) -> None:
        """Show the practices, met or not."""
        self._paper.show(practices.view(found, self._signs, self._paper.console.width))

    def ending(self, broken: Run, fixed: Run, commands: Commands, *, as_expected: bool) -> None:
        """Show both runs in one look, the verdict on the walkthrough, and where to go from here."""
        words, style = ("ALL AS EXPECTED", "verdict.good") if as_expected else ("NOT AS EXPECTED", "verdict.bad")
        both = summary.view(broken, fixed, self._signs, self._paper.console.width)
        self._paper.show(Group(Group(self._paper.line(), both)))
        self._paper.show(Text(f"  {words}", style))
        self._paper.show(Group(next_view.view(commands, self._paper.console.width)))

    def farewell(self, commands: Commands) -> None:
        """Say what was seen, that nothing runs any more, and how to go on another time."""
        self._paper.muted, self._paper.ask = False, None  # who leaves is asked nothing more
        when = "after" if self.next > self.step else "in"
        title = self._titles[self.step - 1]
        where = f"You left {when} step {self.step} of {len(self._titles)} {self._signs.dot} {title}."
        self._paper.show(Text(), Text(f"  {where}"), Text("  Nothing that was started is left.", "quiet"))
        self._paper.show(next_view.view(commands, self._paper.console.width, "To go on"))

    def _tell(self, event: Event) -> None:
        if self._progress is None:
            return
        self._progress.tell(event)
        found = _MIGRATION.search(event.text) if isinstance(event, LogLine) and event.source == "app" else None
        if found is not None:
            message = f" {self._signs.dot} {found['message']}" if found["message"] else ""
            self._progress.note(f"{self._signs.arrow} migration {found['revision']} applied{message}")

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Take the screen from the progress, where one is shown."""
        if self._progress is None:
            yield
            return
        with self._progress.suspended():
            self._paper.printed(self._progress.take_rows())
            self._paper.show()
            yield
            self._progress.muted = self._paper.muted
