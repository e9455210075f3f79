"""TaskManager API: tasks in PostgreSQL, over HTTP.

Read in this order: `app` puts it together, `config` and `database` reach the database, `models` and `schemas` say
what a task is, `routes` serve it; `migrations`, `health`, `metrics`, `middleware` and `operations` are for whoever
runs it; `errors` turns failures into answers.
"""

__version__ = "1.0.0"
