"""The tree of errors is the table of exit codes."""

import incidentlab.errors as errors
from incidentlab.errors import IncidentlabError, UnknownNameError


def all_kinds() -> list[type[IncidentlabError]]:
    return [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, IncidentlabError)]


def test_every_kind_stands_in_the_drawing_with_its_exit_code() -> None:
    drawing = errors.__doc__ or ""
    for kind in all_kinds():
        if kind is not IncidentlabError:
            line = next(line for line in drawing.splitlines() if f" {kind.__name__} " in line)
            assert f" {kind.exit_code} " in line


def test_an_unknown_name_offers_the_nearest() -> None:
    error = UnknownNameError("scenario", "mising-migrations", ["missing-migrations", "host-not-found"])
    assert error.near == ("missing-migrations",)
    assert any("missing-migrations" in step for step in error.mend)
