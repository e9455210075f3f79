"""The sentences of a report: blameless (systems act, people are not named) and made of measured facts only."""

import re
from collections.abc import Iterator, Sequence

from incidentlab.model.diagnosis import Finding, Mend
from incidentlab.model.report import Account
from incidentlab.model.run import Run
from incidentlab.reports import _measure as measure
from incidentlab.reports._text import count, day, duration, one_line

_MOST_OF_A_TITLE = 120  # characters
_MOST_OF_A_QUOTE = 200  # characters
_ENDED = {
    "crash": "crashed",
    "unhealthy": "stayed up but never became healthy",
    "timeout": "gave no answer before its time was up",
    "healthy": "ended healthy",
    "degraded": "stayed up and failed requests",
}


def title(incident: Account | None, resolution: Account | None, latest: Account) -> str:
    """Name the cause where it is known, else what was seen."""
    if incident is not None:
        findings = incident.diagnosis.findings
        return (
            one_line(findings[0].title, _MOST_OF_A_TITLE)
            if findings
            else f"{incident.run.scenario} {ending(incident.run)}"
        )
    if resolution is not None:
        return f"{resolution.run.scenario}, {resolution.run.variant}: no incident"
    return f"{latest.run.scenario}, {latest.run.variant}: not as expected"


def ending(run: Run) -> str:
    """Say how a run ended, in words that follow its name."""
    code = "" if run.exit_code is None or run.outcome == "healthy" else f" with exit code {run.exit_code}"
    return _ENDED[run.outcome] + code


def summary(incident: Account | None, resolution: Account | None, latest: Account) -> str:
    """Tell the whole in one paragraph: what happened, why, what mended it and how that was proved."""
    sentences = []
    if incident is not None:
        sentences += [_what_happened(incident), *_why(incident)]
    if resolution is not None:
        sentences.append(_what_held(resolution, _earlier(incident, resolution)))
    elif incident is not None:
        sentences.append("No run has proved a fix yet.")
    if incident is None and resolution is None:
        failed = [check for check in latest.run.checks if not check.met]
        sentences.append(
            f"`{latest.run.variant}` {ending(latest.run)}, but {count(len(failed), 'expectation')} did not hold."
        )
    return " ".join(sentences)


def lessons(incident: Account | None, resolution: Account | None) -> tuple[str, ...]:
    """Return what this incident teaches, as far as its facts teach it."""
    return tuple(_lessons(incident, resolution)) if incident is not None else ()


def actions(incident: Account | None, resolution: Account | None, prevent: Sequence[str]) -> tuple[str, ...]:
    """Return what is left to do: ship or prove the fix first, then keep the cause from coming back."""
    if incident is None:
        return ()
    again = f"`incidentlab run fixed --scenario {incident.run.scenario} --engine {incident.run.engine}`"
    if resolution is None:
        first = [_step(mend) for mend in _mends(incident) if mend.kind != "diff"]
        first.append(f"Prove a fix: {again}")
    else:
        first = [f"Prove the fix anew, after this break: {again}"] if _earlier(incident, resolution) else []
        ship = f"Ship the fix that run `{resolution.run.id}` proved to every environment that runs this image."
        first.append(ship)
    return tuple(dict.fromkeys([*first, *prevent]))


def _earlier(incident: Account | None, resolution: Account) -> bool:
    return incident is not None and resolution.run.started_at < incident.run.started_at


def _what_happened(account: Account) -> str:
    run, seconds = account.run, measure.seconds_to_exit(account)
    after = "" if seconds is None else f", {duration(seconds)} after its start"
    return (
        f"On {day(run.started_at)} the `{run.variant}` variant of `{run.scenario}` was deployed on the {run.engine} "
        f"engine; the app {ending(run)}{after}."
    )


def _why(account: Account) -> list[str]:
    findings = account.diagnosis.findings
    if findings:
        return [_sentence(findings[0].summary)]
    return ["The cause is not known yet.", *map(_sentence, filter(None, [account.diagnosis.summary]))]


def _what_held(account: Account, earlier: bool) -> str:
    run, seconds = account.run, measure.seconds_to_good_answer(account)
    when = f", in the earlier run `{run.id}` of {day(run.started_at)}," if earlier else ""
    answer = "" if seconds is None else f"answered {duration(seconds)} after its start and "
    return f"The `{run.variant}` variant{when} {answer}met {_all(len(run.checks), 'expectation')}."


def _lessons(incident: Account, resolution: Account | None) -> Iterator[str]:
    share = measure.availability(measure.own_samples(incident.run))
    if share == 0.0:
        yield (
            "Not one request was ever served, so waiting for a first healthy answer before the new version takes "
            "traffic would have stopped this deployment."
        )
    for finding in incident.diagnosis.findings:
        for symptom in finding.explains:
            yield (
                f"“{one_line(symptom.title)}” was a symptom of “{one_line(finding.title)}”; "
                "mending the symptom alone would not have helped."
            )
        yield from _told_by_log(finding)
    if resolution is not None and _surroundings(incident) == _surroundings(resolution):
        yield "Both runs had the same engine and the same versions around them: what differs is the fix."


def _told_by_log(finding: Finding) -> Iterator[str]:
    """A log line that names the trouble is worth an alert of its own."""
    link = next((each for each in finding.evidence if each.fact.startswith("log:") and each.quote), None)
    if link is not None:
        text = one_line(link.quote.strip().split("\n")[0], _MOST_OF_A_QUOTE)
        where = one_line(link.source)
        yield f"The system named its trouble itself, in the {where}: an alert on the text “{text}” finds it again."


def _surroundings(account: Account) -> tuple[str, dict[str, str], list[str | None]]:
    run = account.run
    return run.engine, dict(run.versions), [each.server_version for each in account.evidence.databases]


def _mends(account: Account) -> Iterator[Mend]:
    return (mend for finding in account.diagnosis.findings for mend in finding.mend)


def _step(mend: Mend) -> str:
    """Say what to do before what it is good for."""
    what = f"Run {_code(mend.text)}." if mend.kind == "command" else _sentence(mend.text)
    return f"{what} {_sentence(mend.why)}" if mend.why else what


def _code(text: str) -> str:
    """Quote a command, with more back-ticks than it holds side by side itself."""
    text = one_line(text)
    fence = "`" * (max((len(found) for found in re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _sentence(text: str) -> str:
    text = one_line(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _all(number: int, thing: str) -> str:
    return f"its one {thing}" if number == 1 else f"all {count(number, thing)}"
