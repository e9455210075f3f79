#!/bin/sh
# Migrate, then become the command of the image, or the one that was given to `docker run`.
set -e
alembic upgrade head
exec "$@"
