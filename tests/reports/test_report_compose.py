from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from incidentlab.errors import UsageError
from incidentlab.model.diagnosis import Diagnosis, Mend
from incidentlab.model.evidence import Evidence
from incidentlab.model.report import Account, Report
from incidentlab.reports import _view as view
from incidentlab.reports import compose

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def moved(account: Account, hours: float, run_id: str) -> Account:
    """The same run at another time."""
    by = timedelta(hours=hours)
    run = account.run
    moments = tuple(replace(each, at=each.at + by) for each in run.timeline)
    run = replace(run, id=run_id, started_at=run.started_at + by, ended_at=run.ended_at + by, timeline=moments)
    return replace(account, run=run, evidence=Evidence())


def test_the_incident_and_its_resolution_are_found_in_any_order(broken: Account, fixed: Account) -> None:
    for accounts in ([broken, fixed], [fixed, broken]):
        report = compose(accounts, written_at=NOW)
        assert report.incident == broken
        assert report.resolution == fixed
        assert report.others == ()
        assert report.title == "The migrations were never applied"
        assert report.scenario == "missing-migrations"


def test_the_latest_incident_and_the_latest_resolution_are_told_and_the_others_kept(
    broken: Account, fixed: Account
) -> None:
    accounts = [moved(broken, 1, "b2"), broken, moved(fixed, 2, "f2"), fixed]
    report = compose(accounts, written_at=NOW)
    assert report.incident is not None
    assert report.resolution is not None
    assert (report.incident.run.id, report.resolution.run.id) == ("b2", "f2")
    assert [each.run.id for each in report.others] == [broken.run.id, fixed.run.id]


def test_a_proof_of_another_scenario_resolves_nothing(broken: Account, fixed: Account) -> None:
    other = replace(fixed, run=replace(fixed.run, scenario="port-conflict"))
    report = compose([broken, other], written_at=NOW)
    assert report.resolution is None
    assert report.others == (other,)


def test_only_a_broken_run_gives_an_open_incident_with_the_proposed_mend(broken: Account) -> None:
    report = compose([broken], written_at=NOW, prevent=("Migrate first.",))
    assert report.resolution is None
    assert "No run has proved a fix yet." in report.summary
    assert report.fix_diff.startswith("--- a/Dockerfile\n+++ b/Dockerfile")
    assert any("incidentlab run fixed --scenario missing-migrations" in each for each in report.actions)
    assert report.actions[-1] == "Migrate first."
    assert all(figure.after is None for figure in report.figures)


def test_only_a_fixed_run_gives_a_report_without_incident(fixed: Account) -> None:
    report = compose([fixed], written_at=NOW, prevent=("Migrate first.",))
    assert report.incident is None
    assert report.title == "missing-migrations, fixed: no incident"
    assert (report.impact, report.lessons, report.actions, report.fix_diff) == ((), (), (), "")
    assert all(figure.before is None for figure in report.figures)


def test_a_healthy_run_that_did_not_meet_its_checks_proves_nothing(broken: Account, fixed: Account) -> None:
    checks = (replace(fixed.run.checks[0], met=False), *fixed.run.checks[1:])
    unmet = replace(fixed, run=replace(fixed.run, met=False, checks=checks))
    assert compose([broken, unmet], written_at=NOW).resolution is None
    alone = compose([unmet], written_at=NOW)
    assert (alone.incident, alone.resolution, alone.others) == (None, None, (unmet,))
    assert alone.title == "missing-migrations, fixed: not as expected"
    assert "1 expectation did not hold" in alone.summary


def test_a_healthy_run_in_which_something_is_wrong_is_an_incident(fixed: Account) -> None:
    wrong = replace(fixed, diagnosis=Diagnosis("incident", "Something is wrong."))
    report = compose([wrong], written_at=NOW)
    assert report.incident == wrong
    assert "The cause is not known yet. Something is wrong." in report.summary


def test_no_run_at_all_is_refused_with_the_mend() -> None:
    with pytest.raises(UsageError) as caught:
        compose([], written_at=NOW)
    assert caught.value.mend


def test_the_fix_is_what_differs_between_the_two_dockerfiles(report: Report) -> None:
    changed = [line for line in report.fix_diff.split("\n") if line[:1] in "+-"]
    assert len(changed) == 4
    assert changed[2].startswith('-CMD ["uvicorn"')
    assert changed[3].startswith('+CMD ["sh", "-c", "alembic upgrade head')


def test_without_a_difference_the_findings_diff_is_the_fix(broken: Account, fixed: Account) -> None:
    same = replace(fixed, run=replace(fixed.run, dockerfile=broken.run.dockerfile))
    mend = Mend("diff", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")
    found = replace(broken.diagnosis.findings[0], mend=(Mend("text", "Think."), mend))
    incident = replace(broken, diagnosis=replace(broken.diagnosis, findings=(found,)))
    assert compose([incident, same], written_at=NOW).fix_diff == mend.text.strip()


def test_the_impact_is_made_of_measured_facts(report: Report) -> None:
    assert report.impact[:4] == (
        "No request was served between 14:02:12.834 and 14:02:13.652 UTC (0.82 s, 25 requests in a row).",
        "The app exited 0.91 s after its start, with code 3; the first error line came 0.90 s after the start.",
        "Availability of `broken` over the run: 0 % (0 of 25 requests served).",
        "Availability of `fixed` once started: 100 % (48 of 48 requests served; 14 polls came before it listened).",
    )


def test_an_alert_is_on_the_text_and_not_on_its_place(report: Report) -> None:
    lesson = next(each for each in report.lessons if "alert" in each)
    assert 'on the text “sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "tasks"' in lesson
    assert "41" not in lesson


def test_a_fix_proved_before_the_break_is_called_earlier(broken: Account, fixed: Account, report: Report) -> None:
    assert view.status(report).words == "Fix proved"
    late = compose([moved(broken, 1, "b2"), fixed], written_at=NOW)
    assert view.status(late).words == f"Fix proved earlier, by run `{fixed.run.id}`"
    assert f"in the earlier run `{fixed.run.id}`" in late.summary
    assert late.actions[0].startswith("Prove the fix anew, after this break: `incidentlab run fixed")


def test_the_time_between_two_commands_is_no_headline(report: Report) -> None:
    names = [each.name for each in view.headlines(report.figures)]
    assert names == ["Successful deployments", "Availability once started", "Time to detect", "Time to start"]


def test_what_differs_is_claimed_to_be_the_fix_only_where_all_else_is_equal(broken: Account, fixed: Account) -> None:
    claim = "what differs is the fix"
    older = replace(fixed, run=replace(fixed.run, versions={**fixed.run.versions, "postgresql": "14.2"}))
    assert any(claim in each for each in compose([broken, fixed], written_at=NOW).lessons)
    assert not any(claim in each for each in compose([broken, older], written_at=NOW).lessons)


def test_the_same_runs_give_the_same_report(broken: Account, fixed: Account) -> None:
    assert compose([broken, fixed], written_at=NOW) == compose([fixed, broken], written_at=NOW)


def test_nobody_is_blamed(report: Report) -> None:
    told = " ".join((report.summary, *report.impact, *report.lessons, *report.actions)).lower()
    assert not {"fault", "blame", "mistake", "forgot", "careless", "you"} & set(told.split())
