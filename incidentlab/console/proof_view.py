"""How proofs look: a table of four sides, then what does not hold, in sentences."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from incidentlab.console.theme import Signs
from incidentlab.model.proof import SIDES, Proof, Proofs


def line(proof: Proof, signs: Signs) -> Text:
    """Return the one line that tells of a proof as it is done."""
    if proof.unfit:
        return Text(f"  {signs.dot} {proof.scenario} on {proof.engine}: not counted", "quiet")
    sign, style = (signs.met, "good") if proof.holds else (signs.unmet, "bad")
    return Text.assemble(
        (f"  {sign} ", style), f"{proof.scenario} on {proof.engine}", (f"  {proof.seconds:.1f} s", "quiet")
    )


def view(proofs: Proofs, signs: Signs) -> Group:
    """Return the whole result."""
    parts: list[RenderableType] = [_table(proofs, signs), Text()]
    for each in proofs.counted():
        if not each.holds:
            parts += _doubts(each, signs)
    for each in proofs.proofs:
        if each.unfit:
            parts.append(Text(f"{each.scenario} is not counted on {each.engine}: {each.unfit}", "quiet"))
    return Group(*parts, Text(), _sum(proofs))


def _table(proofs: Proofs, signs: Signs) -> Table:
    table = Table(box=None, pad_edge=False, header_style="title", padding=(0, 2, 0, 0))
    for name in ("Scenario", "Engine"):
        table.add_column(name, no_wrap=True)
    for side in SIDES:
        table.add_column(side, no_wrap=True, justify="center")
    table.add_column("s", justify="right", no_wrap=True)
    for each in proofs.counted():
        marks = [Text("-", "quiet") if each.error else _mark(each.side(side), signs) for side in SIDES]
        table.add_row(Text(each.scenario, "command"), each.engine, *marks, Text(f"{each.seconds:.1f}", "quiet"))
    return table


def _mark(met: bool, signs: Signs) -> Text:
    return Text(signs.met, "good") if met else Text(signs.unmet, "bad")


def _doubts(proof: Proof, signs: Signs) -> list[RenderableType]:
    parts: list[RenderableType] = [
        Text.assemble((f"{signs.unmet} ", "bad"), (f"{proof.scenario} on {proof.engine}", "title"))
    ]
    if proof.error:
        parts.append(Padding(Text(proof.error, overflow="fold"), (0, 0, 0, 2)))
    missing = [] if proof.error else [side for side in SIDES if not any(each.side == side for each in proof.statements)]
    parts += [Text(f"  {side}: nothing is claimed of it") for side in missing]
    for each in proof.doubts():
        parts.append(Text(f"  {each.side}, {each.variant}: {each.claim}"))
        parts.append(Padding(Text(f"observed: {each.observed}", "bad", overflow="fold"), (0, 0, 0, 4)))
    if proof.kept:
        parts.append(Text(f"  records: {', '.join(proof.kept)}", "quiet"))
    return [*parts, Text()]


def _sum(proofs: Proofs) -> Text:
    counted = proofs.counted()
    proven = sum(each.holds for each in counted)
    said = f"{proven} of {len(counted)} proven"
    rest = f", {len(proofs.proofs) - len(counted)} not counted" if len(proofs.proofs) > len(counted) else ""
    how = f"  ({proofs.seconds:.0f} s, {proofs.jobs} at a time)"
    return Text.assemble((said, "good" if proofs.hold else "bad"), rest, (how, "quiet"))
