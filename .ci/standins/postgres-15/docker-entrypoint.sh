#!/usr/bin/env bash
# Starts PostgreSQL, and makes the cluster first where there is none.
#
# Read from the environment: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB,
# POSTGRES_HOST_AUTH_METHOD, POSTGRES_INITDB_ARGS, PGDATA. Arguments go to the
# server. /docker-entrypoint-initdb.d/*.sql and *.sh run once, on a new cluster.
set -euo pipefail

: "${PGDATA:?must name the data directory}"
HOST_AUTH=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
# Exported, because init scripts say: psql --username "$POSTGRES_USER".
export POSTGRES_USER=${POSTGRES_USER:-postgres}
export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}

only_informs() {
    local argument
    for argument in "$@"; do
        case $argument in
            -'?' | --help | -V | --version | -C | --describe-config) return 0 ;;
        esac
    done
    return 1
}

# The server refuses to run as root. The directories are made ready first: they
# may lie anywhere, and their parents may be missing.
become_postgres() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 700 "$PGDATA"
    chmod 3777 /var/run/postgresql
    find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres:postgres {} +
    exec env HOME=/var/lib/postgresql \
        setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"
}

require_password() {
    [[ -n ${POSTGRES_PASSWORD:-} || $HOST_AUTH == trust ]] && return
    cat >&2 <<'REFUSAL'
Error: the new database has no superuser password.
  Set one:              -e POSTGRES_PASSWORD=...
  Or do without one:    -e POSTGRES_HOST_AUTH_METHOD=trust
  (then anybody who reaches the port is let in; only for throw-away databases).
REFUSAL
    exit 1
}

sql() {
    PGHOST='' PGHOSTADDR='' psql --no-psqlrc --no-password --quiet \
        -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" "$@"
}

create_cluster() {
    local extra=()
    # Split on blanks: the variable holds several arguments.
    read -ra extra <<<"${POSTGRES_INITDB_ARGS:-}"
    if [[ -n ${POSTGRES_PASSWORD:-} ]]; then
        initdb --username "$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") "${extra[@]}"
    else
        initdb --username "$POSTGRES_USER" "${extra[@]}"
    fi
    printf '\nhost all all all %s\n' "$HOST_AUTH" >>"$PGDATA/pg_hba.conf"
}

create_database() {
    [[ $POSTGRES_DB == postgres ]] && return
    # From stdin, because psql fills in variables only there.
    sql --dbname postgres -v name="$POSTGRES_DB" <<<'CREATE DATABASE :"name";'
}

run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sql)
                printf 'running %s\n' "$file"
                sql --dbname "$POSTGRES_DB" --file "$file"
                ;;
            *.sh)
                printf 'running %s\n' "$file"
                # shellcheck disable=SC1090  # the user's file, known only at run time
                if [[ -x $file ]]; then "$file"; else . "$file"; fi
                ;;
        esac
    done
}

# Nobody gets in from outside before the database is complete: during the
# set-up the server listens on its unix socket alone.
initialise() {
    shift # "postgres"; the server's own arguments hold for the set-up too
    create_cluster
    pg_ctl --wait --silent --options "$(printf '%q ' "$@" -c listen_addresses= -p 5432)" start
    create_database
    run_init_files
    pg_ctl --wait --silent --mode fast stop
    printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

main() {
    [[ ${1:-} == -* ]] && set -- postgres "$@"
    if [[ ${1:-} != postgres ]] || only_informs "$@"; then
        exec "$@"
    fi
    ((EUID == 0)) && become_postgres "$@"
    if [[ ! -s $PGDATA/PG_VERSION ]]; then
        require_password
        initialise "$@"
    fi
    exec "$@"
}

main "$@"
