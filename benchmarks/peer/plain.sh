#!/usr/bin/env bash
# The same with nothing but the docker command, for machines without compose. Exits 0 when the outcome was seen.
#   VARIANT=broken|fixed CONTEXT=folder PROJECT=name POSTGRES_PASSWORD=… plain.sh
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
source "$here/app.sh"

finish() {
  docker rm -f -v "$PROJECT-app" "$PROJECT-db"
  docker network rm "$PROJECT"
  mark down
}

mark begin
trap finish EXIT
docker build -q -t "$PROJECT" -f "$CONTEXT/Dockerfile.$VARIANT" "$CONTEXT"
mark build
docker network create "$PROJECT"
docker run -d --name "$PROJECT-db" --network "$PROJECT" --network-alias db \
  -e POSTGRES_USER=taskmanager -e POSTGRES_DB=taskmanager -e POSTGRES_PASSWORD postgres:15
until docker exec "$PROJECT-db" pg_isready -q -h 127.0.0.1 -U taskmanager -d taskmanager; do sleep 1; done
mark database
docker run -d --name "$PROJECT-app" --network "$PROJECT" -p 127.0.0.1::8000 \
  -e DATABASE_URL="postgresql://taskmanager:$POSTGRES_PASSWORD@db:5432/taskmanager" "$PROJECT"
mark app
"see_$VARIANT" "$PROJECT-app"
