"""Run SQL of the scenario: rows that were there before, a table that somebody made by hand."""

from incidentlab.model.step import Sql
from incidentlab.steps._base import Scene, Step
from incidentlab.steps._session import connect, speaking, url_of


def _do(options: Sql, scene: Scene) -> None:
    chosen = {"dbname": options.database} if options.database else {}
    with (
        speaking(scene, "SQL of the scenario"),
        connect(url_of(scene.stack, options.login), autocommit=options.autocommit, **chosen) as session,
    ):
        if options.autocommit:
            for statement in _statements(options.text):
                session.execute(statement.encode())
        else:
            # Several statements at once, as one transaction: without parameters the server takes them so.
            session.execute(options.text.encode())


def _statements(text: str) -> list[str]:
    """Cut at semicolons that end a line; enough for what has to stand outside of a transaction."""
    parts = [part.strip() for part in f"{text}\n".split(";\n")]
    return [part.rstrip(";") for part in parts if part.strip(" ;")]


def _tell(options: Sql) -> str:
    lines = (line.strip() for line in options.text.splitlines())
    first = next((line for line in lines if line and not line.startswith("--")), "")
    return f"SQL as the {'owner' if options.login == 'owner' else 'app'}: {first[:100]}"


STEP = Step(Sql, "sql", _tell, _do)
