"""What an observed run adds to a report: the alerts in words, in a table, over the requests, and as figures."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from incidentlab.model.alert import Alert, Watch
from incidentlab.model.report import Account, Report
from incidentlab.model.run import Sample
from incidentlab.reports import _charts as charts
from incidentlab.reports import _view as view
from incidentlab.reports import compose, html, markdown
from incidentlab.reports._figures import figures
from tests.reports.conftest import WRITTEN_AT

DOWN = Alert(
    "TaskManagerDown", 10.13, 8.5, "critical", "migrations-not-applied", "app:8000 does not answer", "app:8000"
)
BY = "Prometheus 2.53.4, Alertmanager 0.27.0"


@pytest.fixture
def observed(broken: Account) -> Account:
    return seen(broken, DOWN)


@pytest.fixture
def silent(fixed: Account) -> Account:
    return seen(fixed)


def seen(account: Account, *alerts: Alert, unjudged: tuple[str, ...] = ()) -> Account:
    return replace(account, run=replace(account.run, watch=Watch(BY, 1.63, 22.0, alerts, unjudged=unjudged)))


def report(*accounts: Account) -> Report:
    return compose(accounts, written_at=WRITTEN_AT)


def test_alerts_and_silence_are_told_in_words(observed: Account, silent: Account) -> None:
    text = markdown.render(report(observed, silent))
    _, _, section = text.partition("## Alerts")
    assert "8.5 s" in section
    assert "TaskManagerDown" in section
    assert "still firing" in section
    assert "silent for 22.0 s" in section
    assert BY in section


def test_a_page_shows_them_and_what_was_not_judged(broken: Account) -> None:
    page = html.render(report(seen(broken, replace(DOWN, resolved_at=20.63), unjudged=("Slow<b>",))))
    assert 'id="alerts"' in page
    assert "<td>19.0 s after the fault</td>" in page
    assert "Slow&lt;b&gt;" in page


def test_a_run_that_was_not_observed_has_no_such_section(broken: Account, fixed: Account) -> None:
    assert "## Alerts" not in markdown.render(report(broken, fixed))
    assert 'id="alerts"' not in html.render(report(broken, fixed))
    assert charts.traffic([broken, fixed], 860, "k") == ""
    assert view.watched(report(broken, fixed)) == []


def test_the_times_to_the_alert_and_to_its_end_are_figures(observed: Account) -> None:
    watch = Watch(BY, 1.63, 22.0, (replace(DOWN, resolved_at=20.63),), "fixed", 17.5)
    resolved = replace(observed, run=replace(observed.run, watch=watch))
    found = {each.name: each for each in figures([resolved], resolved, None)}
    assert found["Time to alert"].before == 8.5
    assert found["Time to all-clear"].after == pytest.approx(3.13)
    assert "3.1 s after fixed" in markdown.render(report(resolved))
    assert "Time to all-clear" not in {each.name for each in figures([observed], observed, None)}


@pytest.mark.parametrize("width", [336.0, 860.0])
def test_the_chart_is_within_its_bounds_and_marks_each_alert(observed: Account, silent: Account, width: float) -> None:
    drawing = charts.traffic([observed, silent], width, "k")
    root = ElementTree.fromstring(drawing)
    kinds = [each.get("class", "") for each in root.iter()]
    assert kinds.count("mark bad") == 1
    assert "bar failed" in kinds  # nobody answered the broken run's polls
    assert "bar p-verify" in kinds
    places = [float(each.get(name, "0")) for each in root.iter() for name in ("x", "x1", "x2", "cx")]
    assert all(0 <= each <= width for each in places)
    assert "no alert arrived" in (root.findtext("desc") or "")


@pytest.mark.parametrize("width", [336.0, 860.0])
def test_the_chart_parts_before_during_and_after(observed: Account, silent: Account, width: float) -> None:
    watch = Watch(BY, 1.63, 22.0, (replace(DOWN, resolved_at=20.63),), "fixed", 17.5)
    mended = replace(observed, run=replace(observed.run, watch=watch))
    root = ElementTree.fromstring(charts.traffic([mended, silent], width, "k"))
    lines = [float(each.get("x1", "0")) for each in root.iter() if each.get("class") == "level"]
    assert len(lines) == 2  # of the broken run alone
    assert max(lines) > min(lines)
    words = [each for each in root.iter() if each.text in ("the fault begins", "fixed is deployed")]
    assert len(words) == 2
    assert all(0 <= float(each.get("x", "-1")) <= width - len(each.text or "") * 6 for each in words)


def test_words_that_would_run_into_each_other_are_left_out(observed: Account) -> None:
    watch = Watch(BY, 1.63, 22.0, (replace(DOWN, at=1.7, resolved_at=20.63),), "fixed", 1.9)
    root = ElementTree.fromstring(charts.traffic([replace(observed, run=replace(observed.run, watch=watch))], 336, "k"))
    said = [
        each.text for each in root.iter() if each.get("class") == "t-note" and (each.text or "").endswith(("s", "d"))
    ]
    assert [each for each in said if each in ("the fault begins", "fixed is deployed")] == ["fixed is deployed"]


def test_polls_before_it_listened_are_no_failed_requests(silent: Account) -> None:
    """The lab's own waiting would look like an outage of the fix."""
    polls = [each for each in silent.run.samples if each.status is None]
    assert polls
    root = ElementTree.fromstring(charts.traffic([silent], 860, "k"))
    assert not [each for each in root.iter() if each.get("class") == "bar failed"]
    assert f"{len(silent.run.samples) - len(polls)} requests, 0 failed" in (root.findtext("desc") or "")


@pytest.mark.parametrize("width", [336.0, 860.0])
def test_an_alerts_words_lie_within_the_drawing_and_not_on_its_line(observed: Account, width: float) -> None:
    long = replace(DOWN, name="TaskManagerDatabaseUnreachable", resolved_at=20.63)
    root = ElementTree.fromstring(charts.traffic([seen(observed, long)], width, "k"))
    [words] = [
        each for each in root.iter() if (each.text or "").startswith(long.name) and each.get("class") == "t-label"
    ]
    begin, [line] = float(words.get("x", "-1")), [each for each in root.iter() if each.get("class") == "lead bad"]
    assert 0 <= begin <= width - len(words.text or "") * 6
    assert words.get("text-anchor") == "start"
    assert float(words.get("y", "0")) + 4 < float(line.get("y1", "0"))


def test_bars_hold_every_request(observed: Account) -> None:
    root = ElementTree.fromstring(charts.traffic([observed], 860, "k"))
    told = [each.text or "" for bar in root.iter() if bar.get("class") == "bar failed" for each in bar]
    assert sum(int(each.split(" of ")[0].rsplit(" ", 1)[1]) for each in told) == len(observed.run.samples)


RECOVERED = replace(DOWN, resolved_at=20.63)


@pytest.fixture
def recovered(broken: Account) -> Account:
    """A broken run whose fix was deployed onto the same database at the end, and answered."""
    watch = Watch(BY, 1.63, 22.0, (RECOVERED,), fixed_by="fixed", fixed_at=12.0)
    answers = tuple(Sample(18.0 + number / 10, 0.01, "GET", "/health", 200) for number in range(5))
    return replace(broken, run=replace(broken.run, samples=(*broken.run.samples, *answers), watch=watch))


def test_what_the_fix_answers_is_not_counted_for_the_broken_variant(recovered: Account, fixed: Account) -> None:
    told = report(recovered, fixed)
    before = {each.name: each.before for each in told.figures}
    assert before["Time to start"] is None
    assert before["Availability once started"] is None
    assert before["Availability over the run"] == 0.0
    assert "Availability of `broken` over the run: 0 % (0 of 25 requests served)." in told.impact
    assert any(each.startswith("Not one request was ever served") for each in told.lessons)
    assert "broken: 25 of 25 requests unanswered" in charts.latency([recovered, fixed], 860, "k")
