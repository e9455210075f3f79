"""Begins a challenge, and judges a try at it."""

import secrets
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from incidentlab.errors import NotAsExpectedError, StepFailedError
from incidentlab.lab import archive
from incidentlab.lab.active import cannot_write
from incidentlab.lab.challenge import copying, ledger
from incidentlab.lab.challenge.judge import Trial
from incidentlab.lab.challenge.offered import BROKEN, reference, remedy_of
from incidentlab.lab.choose import Choice
from incidentlab.lab.interruption import Interruption
from incidentlab.lab.reproduce import Options, Reproduction, reproduce
from incidentlab.model import dockerfile
from incidentlab.model.challenge import Challenge, Judgement
from incidentlab.model.events import Event, Happened, Tell
from incidentlab.model.run import Check
from incidentlab.model.scenario import Expectation, Scenario


def begin(
    scenario: Scenario, choice: Choice, where: Path, tell: Tell, interruption: Interruption
) -> tuple[Challenge, Reproduction]:
    """Make the learner's copy and show the incident by it; a copy that does not show it is taken away again.

    Raises:
        NotAsExpectedError: the incident did not show itself.
        IncidentlabError: it could not be run or written.
        KeyboardInterrupt: after everything was removed, the copy too.
    """
    challenge = ledger.new(reference(scenario), choice.engine.name, where)
    try:
        copying.write(scenario, scenario.variants[BROKEN], challenge.name, challenge.folder)
        done = _run(scenario, challenge, choice, scenario.variants[BROKEN].expect, "", None, tell, interruption)
        if not done.run.met:
            raise NotAsExpectedError(
                "The incident did not show itself on this machine.",
                why="; ".join(f"{each.name}: {each.observed}" for each in done.run.checks if not each.met),
                mend=["Try again, or with another engine: --engine docker", "Or name another one: challenge ID"],
            )
        ledger.save(challenge)
    except BaseException as error:
        shutil.rmtree(challenge.folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise cannot_write(challenge.folder, error, elsewhere="incidentlab challenge --in /some/folder") from None
        raise
    return challenge, done


def judge(
    scenario: Scenario, challenge: Challenge, choice: Choice, tell: Tell, interruption: Interruption
) -> tuple[Challenge, Judgement]:
    """Build the learner's copy, run it, and hold it against what a remedy has to show; the try is counted.

    Raises:
        ScenarioError: ``deployment.yaml`` is wrong.
        NotAsExpectedError: a step of it failed.
        IncidentlabError: it could not be built or run.
        KeyboardInterrupt: after everything was removed.
    """
    remedy = remedy_of(scenario)
    assert remedy is not None  # noqa: S101 - only scenarios with one are challenges
    expect = _any_remedy(remedy.expect)
    mark = f"mark{secrets.token_hex(6)}"
    watched = health_check(scenario, challenge)
    challenge = replace(challenge, tries=challenge.tries + 1)
    ledger.save(challenge)
    trial = Trial.of(scenario, expect, mark) if watched.met else None
    try:
        done = _run(scenario, challenge, choice, expect, mark, trial, tell, interruption)
    except StepFailedError as error:
        raise NotAsExpectedError("A step before the app's start failed.", why=error.why, mend=_MEND) from None
    checks = (*done.run.checks, watched)
    fixed = all(each.met for each in checks)
    if fixed:
        challenge = ledger.end(challenge, solved=True)
    told = tuple((each.name, each.met, each.expected, each.observed) for each in checks)
    return challenge, Judgement(fixed, done.run.outcome, done.run.seconds, told, done.run.symptoms)


def _any_remedy(expect: Expectation) -> Expectation:
    """Leave out what is of one remedy alone: what it writes into a log, and how its last revision is called."""
    database = expect.database
    if database is not None and database.revision:
        database = replace(database, revision="head")
    return replace(expect, logs=(), database=database)


_MEND = ("Look at `earlier:` and `before:` in deployment.yaml.",)


def _run(
    scenario: Scenario,
    challenge: Challenge,
    choice: Choice,
    expect: Expectation,
    mark: str,
    trial: Trial | None,
    tell: Tell,
    interruption: Interruption,
) -> Reproduction:
    """Run the learner's copy; its record would tell what was done to it, so only its logs are kept, beside the copy."""
    theirs = copying.as_scenario(scenario, challenge, expect, mark)
    [variant] = theirs.variants.values()
    options = Options(trial=trial)
    done = reproduce(theirs, variant, choice.engine, choice.detail, _discreet(tell), interruption, options)
    with interruption.held_back():
        archive.remove(done.run.id)
        _keep_logs(challenge.folder / copying.LOGS, done)
    return done


def _discreet(tell: Tell) -> Callable[[Event], None]:
    """Leave out what tells how the incident is brought about; what becomes of the app is told by good and bad news."""

    def hear(event: Event) -> None:
        if not isinstance(event, Happened) or (event.phase != "prepare" and event.kind != "info"):
            tell(event)

    return hear


def _keep_logs(folder: Path, done: Reproduction) -> None:
    """Write what an engineer on call could look at: the logs, and what the database holds."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, lines in done.logs.items():
            text = "".join(f"{each.at:%H:%M:%S.%f} {each.text}\n" for each in lines)
            (folder / f"{name}.log").write_text(text, encoding="utf-8")
        (folder / "database-state.txt").write_text(_state(done), encoding="utf-8")
    except OSError as error:
        raise cannot_write(folder, error, elsewhere="incidentlab challenge --in /some/folder") from None


def _state(done: Reproduction) -> str:
    lines = []
    for facts in done.evidence.databases:
        if not facts.reachable:
            lines.append(f"It could not be read: {facts.error}")
            continue
        lines.append(f"revisions: {', '.join(facts.revisions or ()) or 'none'}")
        lines.append(f"tables:    {', '.join(facts.tables) or 'none'}")
    for project in done.evidence.projects:
        lines.append(f"the code's revisions end in: {', '.join(project.heads) or 'none'}")
    return "\n".join(lines) + "\n"


def health_check(scenario: Scenario, challenge: Challenge) -> Check:
    """Hold the image's HEALTHCHECK against the one that was given; only its grace at the start is the learner's."""
    given = _check_words(scenario.variants[BROKEN].dockerfile)
    theirs = _check_words(challenge.folder / copying.IMAGE / "Dockerfile")
    observed = "as it was" if given == theirs else "changed" if theirs else "gone"
    return Check("the image's health check", given == theirs, "as it was given", observed)


def _check_words(path: Path) -> tuple[str, ...]:
    try:
        stage = dockerfile.parse(path.read_text(encoding="utf-8"), path.name).final_stage
    except (OSError, ValueError):
        return ()  # what is wrong with it the build is going to say
    checks = [each for each in stage.instructions if each.keyword == "HEALTHCHECK"]
    if not checks:
        return ()
    flags = sorted(f"{each.name}={each.value}" for each in checks[-1].flags if each.name != "start-period")
    return (*flags, *checks[-1].arguments.split())
