"""How challenges look: what happens, hints, the verdict on a try, progress, and the answer."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from incidentlab.console.output import command
from incidentlab.console.run_view import captured, checks
from incidentlab.console.theme import Signs
from incidentlab.model.cause import Cause
from incidentlab.model.challenge import Challenge, Judgement
from incidentlab.model.run import Check, Run, Sample

_HAPPENED = {
    "crash": "The app ended.",
    "unhealthy": "It answers, and says that it is not well.",
    "degraded": "It says that it is well, and requests fail.",
    "timeout": "It lives and answers nothing.",
    "healthy": "It is well.",
}
_MOST_ANSWERS = 8


def begun(challenge: Challenge, run: Run, where: str, console: Console) -> Group:
    """Return the incident as somebody on call meets it, and what can be done."""
    parts: list[RenderableType] = [Text()]
    if run.symptoms:
        parts += [captured(run.symptoms, console), Text()]
    parts += [Text(f"  {line}") for line in answers(run.samples)]
    parts += [Text.assemble(("  BROKEN", "verdict.bad"), f"  {_happened(run)}"), Text()]
    parts += [Text("  Your copy", "title")]
    parts += [Text(f"  {line}") for line in (
        f"{where}/image/            all that is built",
        f"{where}/deployment.yaml   how it is deployed",
        f"{where}/logs/             what it has written",
    )]  # fmt: skip
    parts += [Text(), Text("  Mend it, then", "title")]
    lines = (f"incidentlab check-fix {where}", "incidentlab challenge hint", "incidentlab challenge --give-up")
    return Group(*parts, *(Padding(command(each), (0, 0, 0, 2)) for each in lines))


def _happened(run: Run) -> str:
    """Say what became of the app; of its end all that was seen, for there may be no log that tells more."""
    seen = [each.what for each in run.timeline if each.phase == "observe" and each.kind == "bad"]
    return f"{seen[-1]}." if run.outcome == "crash" and seen else _HAPPENED[run.outcome]


def answers(samples: Sequence[Sample]) -> list[str]:
    """Return how requests were answered, each kind once with its number."""
    counted = Counter((each.method, each.path, each.status or each.error) for each in samples)
    return [f"{method} {path} → {status}  ({number} times)" for (method, path, status), number
            in counted.most_common(_MOST_ANSWERS)]  # fmt: skip


def hint(text: str, number: int, of: int) -> Group:
    """Return a hint; how many are left says whether it is worth asking again."""
    left = f"{of - number} left" if number < of else "the last one"
    return Group(Text.assemble((f"Hint {number} of {of}", "title"), (f"  {left}", "quiet")), Text(text))


def judged(challenge: Challenge, judgement: Judgement, signs: Signs, console: Console) -> Group:
    """Return the verdict on a try."""
    parts: list[RenderableType] = [Text()]
    if judgement.symptoms and not judgement.fixed:
        parts += [captured(judgement.symptoms, console), Text()]
    parts += [checks([Check(*each) for each in judgement.checks], signs), Text()]
    word, style = ("FIXED", "verdict.good") if judgement.fixed else ("NOT FIXED", "verdict.bad")
    tried = f"try {challenge.tries}, {_hints(challenge)}"
    parts.append(Text.assemble((f"  {word}", style), f"  in {judgement.seconds:.1f} s   ", (tried, "quiet")))
    return Group(*parts)


def answer(challenge: Challenge, cause: Cause) -> Group:
    """Return what it was, once that may be told."""
    tries = "1 try" if challenge.tries == 1 else f"{challenge.tries} tries"
    taken = f"{challenge.state} after {duration(challenge.seconds or 0)}, {_hints(challenge)}, {tries}"
    return Group(
        Text(),
        Text.assemble("  It was ", (challenge.scenario, "command"), f": {cause.title}"),
        Padding(Text(cause.summary), (0, 0, 0, 2)),
        Text(f"  {taken}", "quiet"),
        Padding(command(f"incidentlab explain {cause.id}"), (0, 0, 0, 2)),
        Padding(command("incidentlab challenge"), (0, 0, 0, 2)),
    )


def progress(challenges: Sequence[Challenge], untried: int, kept_out: Mapping[str, str]) -> Group:
    """Return all challenges so far, how many are left, and what is none."""
    table = Table(box=None, pad_edge=False, header_style="title", padding=(0, 2, 0, 0))
    for name in ("Challenge", "State"):
        table.add_column(name, no_wrap=True)
    for name in ("Time", "Hints", "Tries"):
        table.add_column(name, no_wrap=True, justify="right")
    table.add_column("What it was", overflow="fold")
    for each in challenges:
        style = {"solved": "good", "given up": "warn", "open": "default"}[each.state]
        told = Text(str(each.folder), "quiet") if each.state == "open" else Text(each.scenario, "command")
        time = duration(each.seconds) if each.seconds is not None else "-"
        state = Text(each.state, style)
        table.add_row(Text(each.name, "command"), state, time, str(each.hints), str(each.tries), told)
    parts: list[RenderableType] = [table, Text()] if challenges else []
    solved = len({each.scenario for each in challenges if each.state == "solved"})
    parts.append(Text(f"{solved} solved, {untried} not met yet. The next one: incidentlab challenge"))
    if kept_out:
        parts += [Text(), Text("No challenges, because one cannot mend them in a copy of the files:", "title")]
        parts += [Padding(Text(f"{name}: {why}", "quiet"), (0, 0, 0, 2)) for name, why in kept_out.items()]
    return Group(*parts)


def duration(seconds: float) -> str:
    """Say a time as people say how long they have sat over something."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _hints(challenge: Challenge) -> str:
    return {0: "no hint", 1: "1 hint"}.get(challenge.hints, f"{challenge.hints} hints")
