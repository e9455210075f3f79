#!/bin/sh
# Migrate, then hand the process over to what CMD says.
set -e
alembic upgrade head
exec "$@"
