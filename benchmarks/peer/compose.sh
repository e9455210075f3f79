#!/usr/bin/env bash
# Reproduce the incident with compose and a shell: up, wait for the outcome, look, down. Exits 0 when it was seen.
#   VARIANT=broken|fixed CONTEXT=folder PROJECT=name COMPOSE="docker compose" POSTGRES_PASSWORD=… compose.sh
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
source "$here/app.sh"

compose() { ${COMPOSE:-docker compose} -p "$PROJECT" -f "$here/docker-compose.yml" "$@"; }
finish() { compose down -v --remove-orphans; mark down; }

mark begin
trap finish EXIT
compose up -d --build # returns when the database is healthy and the app has been started
mark up
"see_$VARIANT" "$PROJECT-app"
