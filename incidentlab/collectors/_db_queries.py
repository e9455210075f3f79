"""What is asked of PostgreSQL's catalogues, as SQL that means the same in versions 12 to 18 and on a hot standby.

Each is one SELECT without parameters, so that several can travel together. The manual's chapters: 53 (system
catalogs), 54 (system views), 28.2 (the cumulative statistics system). Columns that came later are read through
``to_jsonb``, which knows only those that are there: ``pg_locks.waitstart`` is of version 14.
"""

from collections.abc import Iterable

# ruff: noqa: S608  (what is put into the queries are constants of this module)

MOST_TABLES = 10_000
MOST_TABLES_WITH_COLUMNS = 2_000
MOST_COLUMNS = 20_000
MOST_SEQUENCES = 500
MOST_SCHEMAS = 1_000
MOST_OTHERS = 200

# Asked before our own limits are set: these are the session's.
SETTING_NAMES = (
    "archive_mode", "autovacuum", "autovacuum_freeze_max_age", "default_transaction_read_only",
    "idle_in_transaction_session_timeout", "lc_messages", "listen_addresses", "lock_timeout", "max_connections",
    "max_locks_per_transaction", "max_prepared_transactions", "password_encryption", "port", "reserved_connections",
    "row_security", "server_encoding", "ssl", "statement_timeout", "superuser_reserved_connections", "TimeZone",
    "track_activities", "transaction_timeout", "wal_level",
)  # fmt: skip

SERVER = """
    SELECT pg_catalog.current_setting('server_version'), pg_catalog.current_database()::text, current_user::text,
           pg_catalog.current_setting('search_path'), pg_catalog.array_to_json(pg_catalog.current_schemas(false)),
           pg_catalog.pg_is_in_recovery()
"""
SETTINGS = f"""
    SELECT name, pg_catalog.current_setting(name) FROM pg_catalog.pg_settings
    WHERE name IN ({", ".join(f"'{name}'" for name in SETTING_NAMES)})
"""

_OURS = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
# A name that is seen without its schema comes first, for where there are too many.
_SEEN_FIRST = "array_position(%(schemas)s, n.nspname::text) NULLS LAST, n.nspname, c.relname"

TABLES = f"""
    SELECT n.nspname::text, c.relname::text,
           has_table_privilege(c.oid, 'SELECT'), has_table_privilege(c.oid, 'INSERT'),
           has_table_privilege(c.oid, 'UPDATE'), pg_has_role(c.relowner, 'USAGE')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND {_OURS}
    ORDER BY {_SEEN_FIRST} LIMIT {MOST_TABLES + 1}
"""
COLUMNS = f"""
    SELECT t.nspname::text, t.relname::text, a.attname::text
    FROM (SELECT c.oid, n.nspname, c.relname, row_number() OVER (ORDER BY {_SEEN_FIRST}) AS place
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'p') AND {_OURS}
          ORDER BY place LIMIT {MOST_TABLES_WITH_COLUMNS}) t
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY t.place, a.attnum LIMIT {MOST_COLUMNS + 1}
"""
SCHEMAS = f"""
    SELECT n.nspname::text, has_schema_privilege(n.oid, 'USAGE'), has_schema_privilege(n.oid, 'CREATE')
    FROM pg_namespace n WHERE {_OURS}
    ORDER BY array_position(%(schemas)s, n.nspname::text) NULLS LAST, 1 LIMIT {MOST_SCHEMAS}
"""
ROLE = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
DATABASES = f"""
    SELECT datname::text FROM pg_database
    WHERE datallowconn AND NOT datistemplate AND datname <> current_database() ORDER BY 1 LIMIT {MOST_OTHERS}
"""
LIMITS = """
    SELECT current_setting('max_connections')::int,
           current_setting('superuser_reserved_connections')::int
           + coalesce(current_setting('reserved_connections', true), '0')::int,
           (SELECT rolconnlimit FROM pg_roles WHERE rolname = session_user),
           d.datconnlimit, age(d.datfrozenxid)
    FROM pg_database d WHERE d.datname = current_database()
"""
# backend_type is hidden from a role that may not see a session; usesysid and datid never are.
SESSIONS = """
    SELECT state, count(*), extract(epoch FROM clock_timestamp() - min(state_change))::float8
    FROM pg_stat_activity
    WHERE pid <> pg_backend_pid()
      AND (backend_type = 'client backend' OR backend_type IS NULL AND usesysid IS NOT NULL AND datid IS NOT NULL)
    GROUP BY state
"""
INVALID_INDEXES = f"""
    SELECT n.nspname || '.' || c.relname
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname !~ '^pg_'
      AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
    ORDER BY 1 LIMIT {MOST_OTHERS}
"""
# Both views are looked at once, for each look takes locks of the lock table. A blocker with the process id 0 is a
# prepared transaction (the manual on pg_blocking_pids): its name is found by the transaction id that it holds too.
LOCKS = f"""
    WITH activity AS MATERIALIZED (SELECT * FROM pg_stat_activity),
    locks AS MATERIALIZED (
        SELECT l.*, CASE WHEN NOT l.granted THEN (to_jsonb(l) ->> 'waitstart')::timestamptz END AS since
        FROM pg_locks l
    ),
    waiting AS MATERIALIZED (
        SELECT a.pid, a.query, a.query_start, pg_blocking_pids(a.pid) AS blockers
        FROM activity a
        WHERE a.datid = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND a.pid IN (SELECT pid FROM locks WHERE NOT granted)
        LIMIT {MOST_OTHERS}
    )
    SELECT w.pid, w.query, b.pid,
           CASE WHEN b.pid = 0 THEN 'PREPARE TRANSACTION ' || quote_literal(x.gid) ELSE a.query END,
           CASE WHEN b.pid = 0 THEN 'prepared transaction' ELSE a.state END,
           n.nspname || '.' || c.relname, l.mode, l.locktype,
           extract(epoch FROM clock_timestamp() - coalesce(l.since, w.query_start))::float8,
           extract(epoch FROM clock_timestamp() - coalesce(x.prepared, a.xact_start))::float8
    FROM waiting w
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(w.blockers) AS pid) b
    LEFT JOIN activity a ON a.pid = b.pid AND b.pid <> 0
    LEFT JOIN LATERAL (SELECT * FROM locks WHERE locks.pid = w.pid AND NOT granted LIMIT 1) l ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(l.relation, (SELECT t.relation FROM locks t
                                     WHERE t.pid = w.pid AND t.locktype = 'tuple' LIMIT 1)) AS oid
    ) r ON true
    LEFT JOIN pg_class c ON c.oid = r.oid
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN LATERAL (
        SELECT p.gid, p.prepared
        FROM pg_prepared_xacts p
        JOIN locks own ON own.pid IS NULL AND own.locktype = 'transactionid' AND own.transactionid = p.transaction
        JOIN locks held ON held.pid IS NULL AND held.virtualtransaction = own.virtualtransaction
        WHERE held.locktype = l.locktype
          AND (held.relation = l.relation OR held.transactionid = l.transactionid OR l.locktype = 'advisory')
        LIMIT 1
    ) x ON b.pid = 0
    ORDER BY 9 DESC NULLS LAST, 1, 3 LIMIT {MOST_OTHERS}
"""
# pg_sequence_last_value takes a lock on each until the transaction ends, so they are not too many; those that end
# first come first. Temporary ones are somebody else's; unlogged ones cannot be read on a standby before version 17.
SEQUENCES = f"""
    WITH used AS (
        SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS number
        FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
          AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
        UNION
        SELECT d.refobjid, ad.adrelid, ad.adnum
        FROM pg_depend d JOIN pg_attrdef ad ON ad.oid = d.objid
        WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
    ),
    narrowest AS (
        SELECT DISTINCT ON (u.sequence) u.sequence, tn.nspname || '.' || t.relname || '.' || a.attname || ' '
               || format_type(a.atttypid, a.atttypmod) AS name,
               CASE a.atttypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 ELSE 9223372036854775807 END AS holds
        FROM used u JOIN pg_class t ON t.oid = u.relation JOIN pg_namespace tn ON tn.oid = t.relnamespace
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.number
        ORDER BY u.sequence, holds, name
    ),
    ending AS (
        SELECT c.oid, n.nspname || '.' || c.relname AS name, o.name AS used_by,
               least(s.seqmax, coalesce(o.holds, s.seqmax)) AS ends,
               has_sequence_privilege(c.oid, 'USAGE, SELECT') AS seen, count(*) OVER () AS found
        FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN narrowest o ON o.sequence = c.oid
        WHERE s.seqincrement > 0 AND (NOT s.seqcycle OR coalesce(o.holds, s.seqmax) < s.seqmax)
          AND c.relpersistence <> 't' AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery())
        ORDER BY 4, 2 LIMIT {MOST_SEQUENCES}
    )
    SELECT name, used_by, ends, CASE WHEN seen THEN pg_sequence_last_value(oid) END, seen, found FROM ending
"""
SIZE = "SELECT pg_database_size(current_database())"


def identifier(*names: str) -> str:
    """Return a name as SQL has it, whatever it holds."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literals(texts: Iterable[str]) -> str:
    """Return an array of texts; the E form means the same whatever standard_conforming_strings says."""
    quoted = (text.replace("\\", "\\\\").replace("'", "''") for text in texts)
    return "ARRAY[" + ", ".join(f"E'{text}'" for text in quoted) + "]::text[]"
