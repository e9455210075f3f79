"""A mark in the rows that were there before: whoever empties a table and fills it with rows like them has lost it.

The rows of a scenario are the same in every run, so that counting them afterwards shows little; the mark is random.
"""

from typing import TYPE_CHECKING, Any

from incidentlab.model.scenario import Expectation
from incidentlab.model.step import Sql

if TYPE_CHECKING:
    import psycopg

# The last wide text column of each table, in one of its rows; most likely a description, on which nothing depends.
_MARK = """\
DO $$
DECLARE place record;
BEGIN
  FOR place IN
    SELECT DISTINCT ON (c.table_schema, c.table_name)
           format('%%I.%%I', c.table_schema, c.table_name) AS name, quote_ident(c.column_name) AS field
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN ('pg_catalog', 'information_schema')
      AND c.table_name <> 'alembic_version'
      AND (c.data_type = 'text'
           OR c.data_type = 'character varying' AND coalesce(c.character_maximum_length, 200) >= 200)
    ORDER BY c.table_schema, c.table_name, c.ordinal_position DESC
  LOOP
    EXECUTE format('UPDATE %%s SET %%s = concat(left(%%s, 150), %%L) WHERE ctid = (SELECT ctid FROM %%s LIMIT 1)',
                   place.name, place.field, place.field, ' %(mark)s', place.name);
  END LOOP;
END $$
"""
_TABLES = """\
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""


def wanted(expect: Expectation) -> bool:
    """Say whether there are rows from before: the scenario counts them."""
    return bool(expect.rows)


def step(mark: str) -> Sql:
    """Return the step that puts a mark (letters and digits) into one row of each table that has rows."""
    return Sql(_MARK % {"mark": mark})


def tables(session: "psycopg.Connection[Any]") -> tuple[str, ...]:
    """Return the tables of people's own, with their schemas, as SQL names them."""
    return tuple(str(row[0]) for row in session.execute(_TABLES))


def holding(session: "psycopg.Connection[Any]", text: str) -> tuple[str, ...]:
    """Return the tables, as SQL names them, of which a row holds a text of letters, digits and blanks."""
    found = []
    for name in tables(session):
        query = f"SELECT EXISTS (SELECT FROM {name} AS one WHERE one::text LIKE %s)"  # noqa: S608 - quoted by the server
        row = session.execute(query.encode(), (f"%{text}%",)).fetchone()
        if row and row[0]:
            found.append(name)
    return tuple(found)
