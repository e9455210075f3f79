"""Where one can go from the walkthrough: commands, each with what it is for."""

from collections.abc import Sequence

from incidentlab.model.run import Run

Commands = Sequence[tuple[str, str]]


def onwards(broken: Run, fixed: Run, cause: str) -> Commands:
    """Return what makes sense after the last step; ``cause`` is the one that was found, or empty."""
    explain = [(f"incidentlab explain {cause}", "the cause in full")] if cause else []
    return [
        ("incidentlab report -o report.html", "the account of both runs"),
        (f"incidentlab diagnose {broken.id}", "why it broke, with proof"),
        *explain,
        (f"incidentlab runs show {fixed.id}", "what was seen of the fix"),
    ]


def to_go_on(options: str, step: int, broken: Run | None) -> Commands:
    """Return the commands by which a person who left sees the rest.

    Args:
        options: those that lead to the same walkthrough, as they are typed, with a blank before each.
        step: the one that comes next.
        broken: the first run, where it was carried out.
    """
    on = [(f"incidentlab demo{options} --from {step}", f"on from step {step}; the others run again, unseen")]
    proof = [(f"incidentlab diagnose {broken.id}", "why it broke, with proof")] if broken is not None else []
    return [
        *(on if step > 1 else ()),
        (f"incidentlab demo{options}", "the walkthrough from its beginning"),
        *proof,
        (f"incidentlab run fixed{options}", "prove the fix"),
    ]
