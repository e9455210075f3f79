"""Databases behind their code: by a column that is missing, by a tool's word, by the distance; and near misses."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab import causes
from incidentlab.model.diagnosis import Finding, RuledOut
from incidentlab.model.evidence import Evidence, ProjectFacts, RevisionFile
from incidentlab.testing import app_log, container, database, database_log, evidence, probe, project

find = causes.get("migrations-behind").find

_WORDING = {
    "psycopg2": "sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedColumn) {said}",
    "psycopg": "psycopg.errors.UndefinedColumn: {said}",
    "asyncpg": "sqlalchemy.exc.ProgrammingError: (sqlalchemy.dialects.postgresql.asyncpg.ProgrammingError) "
    "<class 'asyncpg.exceptions.UndefinedColumnError'>: {said}",
    "django": "web_1  | django.db.utils.ProgrammingError: {said}",
    "rails": "ActiveRecord::StatementInvalid (PG::UndefinedColumn: ERROR:  {said}",
    "pgx": "ERROR: {said} (SQLSTATE 42703)",
}
_NAMES = st.from_regex(r"[a-z][a-z_]{2,20}", fullmatch=True).filter(lambda name: "migrat" not in name)


def chain(*columns: str) -> ProjectFacts:
    """A line of revisions: rev1 creates tasks, each further one adds a column to it."""
    files = [RevisionFile("rev1", (), "alembic/versions/rev1.py", "create tasks", ("tasks",))]
    for number, column in enumerate(columns, start=2):
        path = f"alembic/versions/rev{number}.py"
        files.append(
            RevisionFile(f"rev{number}", (f"rev{number - 1}",), path, f"add {column}", (), (("tasks", column),))
        )
    return ProjectFacts(
        "project:app", tuple(files), (files[-1].revision,), "alembic", command="alembic heads --verbose"
    )


@given(st.sampled_from(sorted(_WORDING)), _NAMES)
def test_a_missing_column_is_likely_in_any_drivers_words(wording: str, name: str) -> None:
    for said in (f"column tasks.x{name} does not exist", f'column "x{name}" of relation "tasks" does not exist'):
        found = find(evidence(app_log(_WORDING[wording].format(said=said))))
        assert isinstance(found, Finding)
        assert found.confidence == "likely"
        assert f"tasks.x{name}" in found.summary


@pytest.mark.parametrize(
    "text",
    [
        "psycopg2.errors.UndefinedColumn: ERREUR:  la colonne t_taches.echeance n'existe pas",
        "psycopg2.errors.UndefinedColumn: FEHLER:  Spalte »due« von Relation »tasks« existiert nicht",
        "The column `tasks.due` does not exist in the current database.",
        "ActiveRecord::PendingMigrationError:\n\nMigrations are pending. To resolve this issue, run:\n  "
        "bin/rails db:migrate",
        "You have 2 unapplied migration(s). Your project may not work properly until you apply the "
        "migrations for app(s): "
        'blog.\ndjango.db.utils.ProgrammingError: relation "blog_tag" does not exist',
        "TimeoutError: There are still unapplied migrations after 60 seconds. MigrationHead(s) in DB: {'a1'} "
        "| Migration "
        "Head(s) in Source Code: {'b2'}",
        "MlflowException: Detected out-of-date database schema (found version a1, but expected b2).",
        "INFO  [alembic.runtime.migration] Running upgrade  -> rev1, create tasks\nINFO:     Application "
        "startup complete.\n"
        'psycopg.errors.UndefinedTable: relation "notes" does not exist',
    ],
    ids=["french", "german", "prisma", "rails", "django", "airflow", "mlflow", "migrated before"],
)
def test_other_words_of_an_older_schema_are_found(text: str) -> None:
    found = find(evidence(app_log(text)))
    assert isinstance(found, Finding)
    assert found.confidence == "likely"


def test_the_servers_word_alone_is_possible() -> None:
    found = find(evidence(database_log("2026-01-20 10:00:00.000 UTC [7] ERROR:  column tasks.due does not exist")))
    assert isinstance(found, Finding)
    assert found.confidence == "possible"


def test_the_distance_and_the_missing_column_make_it_certain() -> None:
    log = app_log("psycopg.errors.UndefinedColumn: column tasks.due does not exist")
    found = find(evidence(log, database(["rev1"], tables=["public.tasks"]), chain("owner", "due")))
    assert isinstance(found, Finding)
    assert (found.confidence, found.missing) == ("certain", ())
    assert "2 revisions behind the code (rev2, rev3)" in found.summary
    assert found.evidence[-1].source == "alembic/versions/rev3.py"
    assert "alembic upgrade head" in found.mend[-1].text


def test_a_missing_table_of_a_pending_revision_is_certain_too() -> None:
    log = app_log('psycopg.errors.UndefinedTable: relation "notes" does not exist')
    found = find(evidence(log, database(["rev1"], tables=["public.tasks"]), project("tasks", "notes")))
    assert isinstance(found, Finding)
    assert found.confidence == "certain"


def test_what_kept_the_revisions_from_being_applied_comes_first() -> None:
    log = app_log(
        "INFO  [alembic.runtime.migration] Running upgrade rev1 -> rev2, add due\n"
        'psycopg.errors.NotNullViolation: column "due" of relation "tasks" contains null values\n'
        "INFO:     Started server process [1]\n"
        "psycopg.errors.UndefinedColumn: column tasks.due does not exist"
    )
    roots = causes.diagnose(evidence(log, database(["rev1"], tables=["public.tasks"]), chain("due"))).findings
    assert [one.cause for one in roots] == ["migration-failed"]
    assert [one.cause for one in roots[0].explains] == ["migrations-behind"]


@pytest.mark.parametrize(
    ("more", "confidence"),
    [((container(exit_code=1),), "likely"), ((probe(), container(health="healthy")), "possible")],
)
def test_the_distance_alone_is_a_weaker_word(more: tuple[object, ...], confidence: str) -> None:
    facts = (database(["rev1"], tables=["public.tasks"]), chain("due"), *more)
    for log in ((), (app_log("INFO:     Started server process [1]"),)):
        found = find(evidence(*log, *facts))  # type: ignore[arg-type]
        assert isinstance(found, Finding)
        assert found.confidence == confidence
        assert any("--logs" in one for one in found.missing) == (not log)


@pytest.mark.parametrize(
    "facts",
    [
        evidence(app_log('psycopg.errors.UndefinedTable: relation "tasks" does not exist')),
        evidence(
            app_log("INFO  [alembic.runtime.migration] Running upgrade a -> b, "
            "x\npsycopg.errors.UndefinedColumn: column x.y "
                    "does not exist")
        ),
        evidence(app_log('NOTICE:  column "due" of relation "tasks" does not exist, skipping')),
        evidence(
            app_log("You have 18 unapplied migration(s). Your project may not work properly until you apply "
            "the migrations "
                    "for app(s): admin, auth, contenttypes, sessions.")
        ),
        evidence(
            database_log("2026-01-20 10:00:00.000 UTC [7] ERROR:  column \"datlastsysoid\" does not exist at "
            "character 9\n"
                         "2026-01-20 10:00:00.000 UTC [7] STATEMENT:  SELECT datlastsysoid FROM pg_catalog.pg_database")
        ),
        evidence(database(["rev2"], tables=["public.tasks"]), chain("due")),
        evidence(database(), chain("due")),
        evidence(database(["gone"]), chain("due")),
        evidence(),
    ],
    ids=["table", "failing step", "notice", "never", "an old tool", "at head", "no revision", "unknown", "nothing"],
)  # fmt: skip
def test_near_misses_are_not_this_cause(facts: Evidence) -> None:
    assert find(facts) is None


def with_column() -> Evidence:
    asked = dataclasses.replace(database(["rev2"], tables=["public.tasks"]), columns={"public.tasks": ("id", "due")})
    return evidence(app_log("psycopg.errors.UndefinedColumn: column tasks.due does not exist"), asked, chain("due"))


@pytest.mark.parametrize(
    "facts",
    [
        with_column(),
        evidence(
            app_log(
                "psycopg.errors.UndefinedColumn: column tasks.due does not exist\napp exited with code 1\n"
                "INFO  [alembic.runtime.migration] Running upgrade rev1 -> rev2, add due\nINFO:     "
                "Application startup complete."
            )
        ),
        evidence(
            app_log(
                'db_1   | 2026-01-20 10:00:00.000 UTC [7] ERROR:  column "titel" does not exist at character 8\n'
                'app_1  | 172.18.0.1 - - [20/Jan/2026:12:53:32 +0000] "GET /tasks HTTP/1.1" 200 134'
            )
        ),
    ],
    ids=["at head", "applied since", "somebody at psql"],
)
def test_the_fact_that_rules_it_out_is_named(facts: Evidence) -> None:
    assert isinstance(find(facts), RuledOut)


@pytest.mark.parametrize(
    ("start", "kinds"),
    [
        ('CMD ["uvicorn", "main:app"]', {"diff", "command"}),
        ('CMD ["sh", "-c", "alembic upgrade head && exec uvicorn main:app"]', {"command"}),
        ('ENTRYPOINT ["/entrypoint.sh"]\nCMD ["uvicorn", "main:app"]', {"command"}),
    ],
    ids=["a server alone", "applies them", "by a script"],
)
def test_an_image_that_applies_them_already_is_not_told_to_do_it_twice(start: str, kinds: set[str]) -> None:
    code = project(
        "tasks",
        "notes",
        dockerfile=f"FROM python\n{start}\n",
        scripts=[("entrypoint.sh", 'alembic upgrade head\nexec "$@"')],
    )
    found = find(evidence(database(["rev1"], tables=["public.tasks"]), code))
    assert isinstance(found, Finding)
    assert {mend.kind for mend in found.mend} == kinds
