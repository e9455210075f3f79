"""Commands stay whole at every width, and what they are for is never broken by the terminal."""

import pytest

from incidentlab.console import next_view
from incidentlab.console.output import Output

COMMANDS = (
    ("incidentlab demo --engine local --from 4", "on from step 4; the others run again, unseen"),
    ("incidentlab diagnose 20260302-140000-broken-7c1e", "why it broke, with proof"),
)


@pytest.mark.parametrize("columns", [60, 80, 100, 120])
def test_commands_are_whole_and_no_line_is_too_long(columns: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        output = Output()
        output.show(next_view.view(COMMANDS, output.out.width))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    for command, meaning in COMMANDS:
        assert any(line.startswith(f"  {command}") for line in lines)
        assert any(line.endswith(meaning) for line in lines)
    assert len(lines) == (1 + len(COMMANDS) if columns >= 100 else 1 + 2 * len(COMMANDS))


def test_nothing_to_do_is_a_title_alone(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.show(next_view.view((), 80))
    assert capsys.readouterr().out == "  Next\n"
