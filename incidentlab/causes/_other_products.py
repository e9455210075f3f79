"""Other products use PostgreSQL's words: a mail server refuses a password, a time series database lacks a database.

Whoever took them for PostgreSQL's would send a person to a role that is all right. What tells them apart is the
product's name in the line, and that nothing of PostgreSQL stands beside it: no level of its messages, driver, SQLSTATE.
"""

import re

from incidentlab.causes._evidence import from_server, said
from incidentlab.model.evidence import LogEvent

_POSTGRES = re.compile(
    r"\bFATAL: |\b(?:ERROR|PANIC): {2}|\bpsycopg|\basyncpg|\bpg8000|\bpgx?[_:.]|\bpq: |\bPG::|PSQLException|\bNpgsql"
    r"|\bpostgres|\bPostgrex|\bpgsql\b|\blibpq\b|\bpgbouncer|\bSQLSTATE\b|\bport 5432\b|:5432\b"
    r"|\b(?:28P01|28000|3D000|40P01|53200|53300)\b|\bProcess \d{1,10} waits for\b",
    re.IGNORECASE,
)
# Mail and log-ins, caches and queues, other databases, a graphics card's runtime, an interpreter's own locks.
_SERVERS = (
    r"dovecot|postfix|exim|slapd|sssd|sshd|vsftpd|proftpd|openvpn|smbd|rabbitmq|kafka|mosquitto|redis|valkey|memcached"
    r"|influxd|influxdb|telegraf|clickhouse|mysql|mysqld|mariadb|mongo|mongod|mongodb|mssql|couchdb|arangodb|cassandra"
    r"|scylla|elasticsearch|opensearch|solr|neo4j|firebird"
)
_ANOTHER = re.compile(
    rf"\b(?i:{_SERVERS}|imapd?|smtpd?|pop3d?|sasl|saslauthd|ldap|radius|kerberos|amqp|mqtt|mongoose|sqlserver|sqlite"
    r"|hadoop|snowflake|bigquery|torch|dataloader|cuda|triton|nccl)\b"
    r"|\b[A-Za-z.]{0,40}(?:Ldap|Mongo|Redis|MySQL|Hive)[A-Z]\w"
    r"|\boutputs\.influxdb|\bORA-\d|\bDB::Exception\b|\bSQL Server\b|\bpam\(|\bNeo\.\w{1,40}Error\b"
    r"|\b_ModuleLock\b|\b_DeadlockError\b|\bgoroutine\b|\bsync\.(?:RW)?Mutex\b"
)
# A program may be called after what it feeds, kafka-consumer; only the server itself is called by its name alone.
_SERVICE = re.compile(rf"(?:[\w.]{{1,60}}[-_])?(?:{_SERVERS})(?:[-_]?\d{{1,4}})?", re.IGNORECASE)
_NAMES = re.compile(r"\\?[\"“«`][^\"”»`\n]{0,200}[\"”»`]")  # of roles and databases, which may be called redis


def names_postgres(event: LogEvent) -> bool:
    """Whether something of PostgreSQL stands in the event: its level, one of its drivers, its port, an SQLSTATE."""
    return from_server(event) or bool(event.english or event.sqlstate or _POSTGRES.search(said(event)))


def of_another_product(event: LogEvent) -> bool:
    """Whether the event names another product, or comes from one, and nothing of PostgreSQL stands in it."""
    if not (_ANOTHER.search(_NAMES.sub('""', said(event))) or _SERVICE.fullmatch(event.service)):
        return False
    return not names_postgres(event)
