"""Words that PostgreSQL shares with other products are only taken for its own where they are."""

import pytest

from incidentlab.causes import diagnose
from incidentlab.testing import app_log, evidence

OF_OTHERS = [
    'host dovecot: auth-worker(91): pam(bob,10.1.1.1): Password authentication failed for user "bob"',
    "ERROR o.s.s.ldap.LdapAuthenticator - authentication failed for user bob",
    "WARN login: authentication failed for user alice@example.com from 10.0.0.9",
    "ERROR amqp: password authentication failed for user 'guest'",
    'E! [outputs.influxdb] When writing to [http://influx:8086]: database "telegraf" does not exist',
    'ERROR ClickHouse: Code: 81. DB::Exception: Database "events" does not exist. (UNKNOWN_DATABASE)',
    "mssql: Database 'Shop' does not exist. Make sure that the name is entered correctly.",
    "RuntimeError: DataLoader worker (pid 91) is killed by signal: Bus error. It is possible that dataloader's workers "
    "are out of shared memory. Please try to raise your shared memory limit.",
    "RuntimeError: CUDA error: out of shared memory",
    "_frozen_importlib._DeadlockError: deadlock detected by _ModuleLock('PIL.JpegImagePlugin') at 139722231",
    "WARN potential deadlock detected between worker 4 and 7",
    "java.sql.SQLException: ORA-00060: deadlock detected while waiting for resource",
    "Neo.TransientError.Transaction.DeadlockDetected: ForsetiClient[0] can't acquire ExclusiveLock",
    "redis.exceptions.ConnectionError: too many clients already",
    'influxdb-1  | error: database "metrics" does not exist',
]
POSTGRES = {
    'error: password authentication failed for user "dovecot"': "bad-credentials",
    'mail-1 | dovecot: auth: pgsql(db): Connect failed: FATAL:  password authentication failed for user "mail"':
        "bad-credentials",
    'ldap-sync: psycopg.OperationalError: FATAL:  LDAP authentication failed for user "sync"': "bad-credentials",
    'kafka-consumer-1 | error: database "redis" does not exist': "database-missing",
    'telegraf | E! [outputs.postgresql] FATAL: database "metrics" does not exist (SQLSTATE 3D000)': "database-missing",
    "celery-redis-1 | pq: out of shared memory": "out-of-memory",
    "mongo-export: psycopg2.errors.DeadlockDetected: deadlock detected": "deadlock",
    "java.sql.BatchUpdateException: ERROR: deadlock detected\n  Detail: Process 7 waits for ShareLock": "deadlock",
    "redis-worker-2 | FATAL: sorry, too many clients already": "connections-exhausted",
}  # fmt: skip


@pytest.mark.parametrize("text", OF_OTHERS)
def test_what_another_product_says_is_no_trouble_of_the_database(text: str) -> None:
    assert diagnose(evidence(app_log(text))).findings == ()


@pytest.mark.parametrize("text", POSTGRES)
def test_beside_another_products_name_postgres_own_words_count(text: str) -> None:
    assert [one.cause for one in diagnose(evidence(app_log(text))).findings] == [POSTGRES[text]]
