"""Which runs an account is about when none is named: the last one, and its counterpart."""

from dataclasses import replace

import pytest

from incidentlab.lab import archive
from incidentlab.lab.account import accounts
from tests.lab.test_archive import EVIDENCE, RUN

pytestmark = pytest.mark.usefixtures("fresh_home")


def ran(number: int, variant: str, engine: str = "local", scenario: str = "missing-migrations") -> str:
    run_id = f"20260115-0930{number:02}-{variant}-0a1b"
    outcome = "crash" if variant == "broken" else "healthy"
    run = replace(RUN, id=run_id, variant=variant, engine=engine, scenario=scenario, outcome=outcome)  # type: ignore[arg-type]
    archive.save(run, EVIDENCE, {})
    return run_id


def chosen() -> list[str]:
    return [each.run.id for each in accounts(())]


def test_of_several_remedies_the_last_is_told_with_the_break() -> None:
    broken = ran(1, "broken")
    ran(2, "fixed")
    ran(3, "fixed-entrypoint")
    ran(4, "broken", scenario="deadlock")
    last = ran(5, "fixed-one-shot")
    assert chosen() == [broken, last]


def test_a_break_after_a_fix_is_told_with_it() -> None:
    fixed, broken = ran(1, "fixed"), ran(2, "broken")
    assert chosen() == [fixed, broken]


def test_of_two_breaks_the_one_on_the_same_engine_counts_and_any_is_better_than_none() -> None:
    far = ran(1, "broken", "docker")
    fixed = ran(2, "fixed")
    assert chosen() == [far, fixed]
    near = ran(3, "broken")
    ran(4, "broken", "docker")
    last = ran(5, "fixed")
    assert chosen() == [near, last]


def test_without_a_break_another_variant_is_told() -> None:
    one, other = ran(1, "fixed"), ran(2, "noisy-wait")
    assert chosen() == [one, other]
    assert accounts(("last",))[0].run.id == other
