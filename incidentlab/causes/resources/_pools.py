"""What each stack calls its pool's size, and how its programs give a connection back.

A mend that speaks of another language's pool is of no use to whoever reads it. Sources: the documentation of SQLAlchemy
(pooling), Rails (database.yml, ConnectionPool), Prisma (connection pool), HikariCP, Npgsql, Go's database/sql, Knex,
Sequelize, node-postgres and DBConnection.
"""

import re
from dataclasses import dataclass

from incidentlab.causes._account import Account


@dataclass(frozen=True, slots=True)
class Pool:
    """One stack's pool: what the sum of all connections is made of, how to give one back, and why they go missing."""

    total: str
    give_back: str
    why: str
    seen: re.Pattern[str]


_POOLS = (
    Pool("replicas x processes x pool (config/database.yml, often DB_POOL or RAILS_MAX_THREADS)",
         "Give each process a pool as large as its threads: pool in config/database.yml (often DB_POOL or "
         "RAILS_MAX_THREADS), not below Puma's threads or Sidekiq's concurrency.",
         "A thread that the code starts itself keeps its connection, except within with_connection.",
         re.compile(r"\bActiveRecord\b|\bSidekiq\b|\bPG::")),
    Pool("instances x connection_limit",
         "Make one PrismaClient per process, and set connection_limit in the URL (?connection_limit=5).",
         "Each PrismaClient opens a pool of its own, by default of two connections per core and one.",
         re.compile(r"[Pp]risma|\bP20(?:24|37)\b|\bError querying the database\b|\bToo many database connections op")),
    Pool("instances x maximumPoolSize",
         "Give each connection back: try-with-resources, short @Transactional methods; leakDetectionThreshold names "
         "who keeps one.",
         "A transaction that waits for another service holds its connection all the while.",
         re.compile(r"\bHikari|\bcom\.zaxxer\b")),
    Pool("instances x Max Pool Size",
         "Give each connection back: await using around it, and one NpgsqlDataSource per process.",
         "Each other connection string opens a pool of its own.",
         re.compile(r"\bNpgsql\b|\bMax Pool Size\b")),
    Pool("instances x pool.max",
         "Make one pool per process, release each client in finally, and let no transaction wait for a second client.",
         "A pool made per request or per function opens connections without end.",
         re.compile(r"\bKnex|\bSequelize|\bnode_modules/|\bQueryFailedError\b|\bpg-pool\b")),
    Pool("nodes x pool_size",
         "Keep transactions short, and let no process hold a connection while it waits for something else.",
         "Tasks that a transaction starts and awaits take further connections.",
         re.compile(r"\bDBConnection\b|\bPostgrex\b|\bEcto\b")),
    Pool("instances x SetMaxOpenConns",
         "Give each connection back: defer rows.Close(), one sql.DB or pgxpool per process, made once.",
         "Without SetMaxOpenConns database/sql opens as many as are asked for.",
         re.compile(r"\bpq: |\bpgx|\bgoroutine \d|\.go:\d")),
    Pool("replicas x workers x (pool_size + max_overflow)",
         "Give each session back: one engine (one pool) per process, made once, and sessions closed in a with block.",
         "An engine made per task or request opens a pool each time.",
         re.compile(r"\bQueuePool\b|\bsqlalchemy\b|\bpsycopg|\basyncpg\b|\bpeewee\b")),
)  # fmt: skip
_ANY = Pool(
    "replicas x processes x the size of each one's pool",
    "Give each connection back: one pool per process, made once, and connections that are closed also after an error.",
    "A pool made per task or request opens connections each time.",
    re.compile(r"(?!)"),
)


def pool_of(account: Account) -> Pool:
    """Return the pool of the stack that complains; a general one where the complaint does not show which it is."""
    clients = " ".join(
        f"{event.exception or ''} {event.cause or ''} {' '.join(event.packages)}" for event in account.events
    )
    text = f"{account.text}\n{clients}"
    return next((pool for pool in _POOLS if pool.seen.search(text)), _ANY)
