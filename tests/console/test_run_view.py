"""A run that was observed without Prometheus says what nobody has judged."""

from dataclasses import replace
from io import StringIO

from rich.console import Console

from incidentlab.console.run_view import view
from incidentlab.console.theme import THEME, Signs
from incidentlab.model.alert import Watch
from tests.reports.conftest import broken_run


def shown(unjudged: tuple[str, ...]) -> str:
    console = Console(file=StringIO(), width=80, theme=THEME, highlight=False, markup=False)
    run = replace(broken_run(), watch=Watch("its own reading", 0.0, 9.0, unjudged=unjudged))
    console.print(view(run, Signs("ascii"), console))
    assert isinstance(console.file, StringIO)
    return " ".join(console.file.getvalue().split())


def test_what_was_not_judged_is_named() -> None:
    assert "Not judged: Slow, Errors. Only Prometheus can, which is not installed here." in shown(("Slow", "Errors"))
    assert "Not judged" not in shown(())
