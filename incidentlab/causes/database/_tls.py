"""How servers and drivers say that they disagree about encryption."""

import re

from incidentlab.causes._account import Account
from incidentlab.causes._evidence import match
from incidentlab.model.cause import Sign

# PostgreSQL's auth.c: an access rule matched nothing. What stands at the end is how the client came; managed servers
# have rules for encrypted connections only.
NO_RULE = Sign(
    "no-rule-unencrypted",
    re.compile(
        r"\b(?:no pg_hba\.conf entry for|pg_hba\.conf rejects (?:replication )?connection for)"
        r"[^\n]{1,600}?,? (?:SSL off|no encryption)\b"
    ),
    ("SSL off", "no encryption"),
    (
        'FATAL:  no pg_hba.conf entry for host "10.0.21.17", user "app", database "app", SSL off',
        'FATAL:  no pg_hba.conf entry for host "10.0.21.17", user "app", database "app", no encryption',
        'FATAL:  pg_hba.conf rejects connection for host "10.0.21.17", user "app", database "app", no encryption',
    ),
)
ENCRYPTED_TOO = re.compile(
    r"\b(?:no pg_hba\.conf entry for|pg_hba\.conf rejects connection for)[^\n]{1,600}?,? (?:SSL on|SSL encryption)\b"
)
# libpq's fe-connect.c and fe-secure-openssl.c, PgBouncer, node-postgres, pgx and lib/pq, JDBC, Npgsql, asyncpg,
# Postgrex, tokio-postgres and sqlx, Azure, Neon, Cockroach, Prisma (P1011).
DISAGREE = Sign(
    "encryption-disagreed",
    re.compile(
        r"\bserver does not support SSL, but SSL was required\b|\bThe server does not support SSL\b"
        r"|\bSSL is not enabled on the server\b|\bserver refused TLS connection\b|\bserver does not support TLS\b"
        r"|\brejected SSL upgrade\b|\bssl not available\b|\bNo SSL enabled connection from this host is configured\b"
        r"|\b(?:SSL|TLS)(?:/TLS)? (?:connection )?(?:is )?required\b|\bconnection is insecure \(try using\b"
        r"|\bsslmode value \\?\"[\w-]{1,20}\\?\" invalid when SSL\b|\bunsupported frontend protocol 1234\.5679\b"
        r"|\bError opening a TLS connection\b|\bunexpected keyword argument 'sslmode'|\bunsupported sslmode\b"
        r"|\bserver sent an error response during SSL exchange\b|\bSSL connection requested\b"
        r"|\bRDS Proxy requires TLS connections\b"
        r"|\bchannel binding required, but SSL not in use\b|\bInvalid sslmode value\b|\binvalid sslmode\b"
    ),
    (
        "server does not support SSL, but SSL was required",
        "The server does not support SSL",
        "SSL is not enabled on the server",
        "server refused TLS connection",
        "server does not support TLS",
        "rejected SSL upgrade",
        "ssl not available",
        "No SSL enabled connection from this host is configured",
        "SSL required",
        "SSL is required",
        "SSL connection is required",
        "SSL connection required",
        "SSL/TLS ",
        "TLS required",
        "TLS is required",
        "TLS connection is required",
        "TLS connection required",
        "connection is insecure (try using",
        "invalid when SSL",
        "unsupported frontend protocol 1234.5679",
        "Error opening a TLS connection",
        "unexpected keyword argument 'sslmode'",
        "unsupported sslmode",
        "server sent an error response during SSL exchange",
        "SSL connection requested",
        "RDS Proxy requires TLS",
        "channel binding required, but SSL not in use",
        "Invalid sslmode value",
        "invalid sslmode",
    ),
    (
        'connection to server at "db" (172.18.0.2), port 5432 failed: server does not support SSL, but SSL was '
        "required",
        "Error: The server does not support SSL connections",
        "pq: SSL is not enabled on the server",
        "failed to connect to `host=db user=app database=app`: tls error (server refused TLS connection)",
        'ConnectionError: PostgreSQL server at "db:5432" rejected SSL upgrade',
        "** (Postgrex.Error) ssl not available",
        "SSL connection requested. No SSL enabled connection from this host is configured.",
        "FATAL: SSL connection is required. Please specify SSL options and retry.",
        "ERROR: connection is insecure (try using `sslmode=require`)",
        'sslmode value "require" invalid when SSL support is not compiled in',
        "FATAL:  unsupported frontend protocol 1234.5679: server supports 3.0 to 3.0",
        "Error opening a TLS connection: self signed certificate",
        "TypeError: connect() got an unexpected keyword argument 'sslmode'",
        "FATAL: SSL required",
        "FATAL:  This RDS Proxy requires TLS connections",
    ),
)
# OpenSSL's words for a certificate that is not believed, libpq's for a file or a name; Node, Python, Java and Go.
NOT_TRUSTED = Sign(
    "certificate-not-trusted",
    re.compile(
        r"\bcertificate verify failed\b|\bself[- ]signed certificate\b|\bSELF_SIGNED_CERT_IN_CHAIN\b"
        r"|\bDEPTH_ZERO_SELF_SIGNED_CERT\b|\bunable to (?:verify the first|get local issuer) certificate\b"
        r"|\bserver certificate for \\?\"[^\"]{1,255}\" (?:\(and \d{1,4} other names?\) )?does not match host name\b"
        r"|\broot certificate file \\?\"[^\"]{1,400}\" does not exist\b|\bCould not open SSL root certificate file\b"
        r"|\bPKIX path building failed\b|\bx509: certificate\b|\bERR_TLS_CERT_ALTNAME_INVALID\b"
        r"|\bcertificate has expired\b"
        r"|\bHostname/IP does not match certificate's altnames\b|\bhas group or world access\b"
        r"|\bcould not (?:load server|load root|read root|open) certificate file\b"
        r"|\bconnection requires a valid client certificate\b"
        r"|\bcould not load private key file\b|\bprivate key file \\?\"[^\"]{1,400}\" (?:has|must)\b"
        r"|\btlsv1 alert unknown ca\b|\bsslv3 alert bad certificate\b|\bunsupported protocol\b"
        r"|\balert certificate (?:expired|unknown|required)\b"
        r"|\binvalid peer certificate\b|\battempting to establish a TLS connection\b(?!: server does not)"
        r"|\berror performing TLS handshake\b(?!: server does not)"
        r"|\bx509: cannot validate certificate\b|\bremote certificate was rejected\b"
        r"|\bUNABLE_TO_VERIFY_LEAF_SIGNATURE\b"
        r"|\bCLIENT ALERT: Fatal - (?:Unknown CA|Bad Certificate|Certificate Expired|Handshake Failure)\b"
        r"|\btlsv1 alert protocol version\b|\bremote certificate is invalid\b|\bperforming SSL handshake\b"
    ),
    (
        "certificate verify failed",
        "signed certificate",
        "SELF_SIGNED_CERT_IN_CHAIN",
        "DEPTH_ZERO_SELF_SIGNED_CERT",
        "unable to verify the first certificate",
        "unable to get local issuer certificate",
        "does not match host name",
        "root certificate file",
        "PKIX path building failed",
        "x509: certificate",
        "ERR_TLS_CERT_ALTNAME_INVALID",
        "certificate has expired",
        "does not match certificate's altnames",
        "has group or world access",
        "certificate file",
        "requires a valid client certificate",
        "private key file",
        "alert unknown ca",
        "alert bad certificate",
        "alert certificate ",
        "unsupported protocol",
        "alert protocol version",
        "invalid peer certificate",
        "to establish a TLS connection",
        "error performing TLS handshake",
        "x509: cannot validate certificate",
        "remote certificate was rejected",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "CLIENT ALERT: Fatal - ",
        "remote certificate is invalid",
        "performing SSL handshake",
    ),
    (
        'connection to server at "db" (10.0.0.5), port 5432 failed: SSL error: certificate verify failed',
        "Error: self-signed certificate in certificate chain",
        "Error: self signed certificate in certificate chain",
        'server certificate for "db.internal" does not match host name "db"',
        'root certificate file "/root/.postgresql/root.crt" does not exist',
        "Could not open SSL root certificate file /root/.postgresql/root.crt.",
        "SSL error: PKIX path building failed: unable to find valid certification path to requested target",
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        'FATAL:  could not load server certificate file "server.crt": No such file or directory',
        'FATAL:  private key file "/certs/server.key" has group or world access',
        "FATAL:  connection requires a valid client certificate",
        "error occurred while attempting to establish a TLS connection: invalid peer certificate: UnknownIssuer",
        "db error: error performing TLS handshake: unable to get local issuer certificate",
        "x509: cannot validate certificate for 10.0.0.5 because it doesn't contain any IP SANs",
        "LOG:  could not accept SSL connection: sslv3 alert certificate expired",
        "TLS client: In state certify at ssl_handshake.erl:2111 generated CLIENT ALERT: Fatal - Unknown CA",
        "The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot",
        "Npgsql.NpgsqlException (0x80004005): Exception while performing SSL handshake",
    ),
)
# A certificate's trouble may be that of any connection; these say that it is PostgreSQL's.
OF_A_DATABASE = re.compile(
    r"\bconnection to server at\b|\bpsycopg|\basyncpg|\bpg8000|\b5432\b|\bpostgres|\bPSQLException\b"
    r"|\bpg-pool\b|\bpg-protocol\b"
    r"|\bSequelize|\bprisma|\bTypeORM|\btypeorm|\bknex\b|\bdatabase\b|\bPG::|\bPostgrex\b|\bpq:|\bpgx\b"
    r"|\bNpgsql\b|\bhikari|\bsslmode\b"
    r"|\bsqlx\b|\bdiesel\b|\btokio[_-]postgres\b|\bto establish a TLS connection\b"
    r"|\bsslrootcert\b|\bserver certificate file\b|\bprivate key file\b|\bvalid client certificate\b|\.postgresql/",
    re.IGNORECASE,
)
OF_ANOTHER_SERVICE = re.compile(
    r"\bHTTPSConnectionPool\b|\burllib3\b|\brequests\.exceptions\b|\bhttps://|\bredis|\bsmtp|\bldap|\bamqp"
    r"|\bpip\b|\bkafka"
    r"|\bMongo|\belasticsearch|\bcurl\b|\bgit\b",
    re.IGNORECASE,
)
# Names of servers that take encrypted connections only.
MANAGED = re.compile(
    r"\.rds\.amazonaws\.com\b|\.postgres\.database\.azure\.com\b|\.compute(?:-1)?\.amazonaws\.com\b"
    r"|\.ondigitalocean\.com\b"
    r"|\.aivencloud\.com\b|\.neon\.tech\b|\.supabase\.(?:co|com)\b|\.render\.com\b|\.cockroachlabs\.cloud\b"
    r"|\.svc\b|\.heroku"
    r"|\bsslmode[=: '\"]{1,4}disable\b"
)
ASYNCPG = "unexpected keyword argument 'sslmode'"
# The words of servers and poolers that take encrypted connections only: Azure, PgBouncer, Odyssey, Neon, CockroachDB,
# RDS Proxy. A driver that says "required" tells of its own setting, and of a server that has no encryption.
_SERVER_DEMANDS = re.compile(
    r"(?<!but )\b(?:SSL|TLS)(?:/TLS)? (?:connection )?(?:is )?required\b(?! but| by)"
    r"|\bconnection is insecure \(try using\b|\bRDS Proxy requires TLS connections\b"
)
WANTS_CLIENTS_OWN = "requires a valid client certificate"
# be-secure-openssl.c and fe-secure-openssl.c: a key that others may read, or that is another user's, is not used.
_KEY_FILE = re.compile(
    r"\bprivate key file \\?\"(?P<path>[^\"\\]{1,400})\\?\" (?:has group or world access|must be (?:owned|a regular))"
)


def only_no_rule(account: Account) -> bool:
    """Whether all that is said is that no access rule fits an unencrypted connection."""
    return bool(account.events) and all(match(event, NO_RULE) for event in account.events)


def server_demands(account: Account) -> bool:
    """Whether the server is the one that insists on encryption, and the client came without it."""
    return any(_SERVER_DEMANDS.search(event.text) for event in account.events)


def key_file(account: Account) -> str:
    """Return the private key whose owner or mode is not accepted, by its path; "" where none is meant."""
    found = _KEY_FILE.search(account.text)
    return found["path"] if found else ""
