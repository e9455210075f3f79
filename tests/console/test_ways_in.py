"""What a kept stack is reached by can be copied from any terminal and any pipe."""

import pytest

from incidentlab.console.output import Output
from incidentlab.console.run_view import ways_in

ADDRESS = "psql postgresql://taskmanager:GZgXp6heMmpWvB9xJGNUt4dCzTjk_1uT@127.0.0.1:29700/taskmanager"


@pytest.mark.parametrize("forced", [True, False], ids=["terminal", "pipe"])
def test_an_address_stays_in_one_line(
    forced: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    if forced:
        monkeypatch.setenv("FORCE_COLOR", "1")
    output = Output()
    output.show("  HEALTHY", *ways_in((f"database  {ADDRESS}", "remove    incidentlab clean")))
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if ADDRESS in line]
    assert len(lines) == 3
