"""Waits until the database answers, for half a minute at most; then the reason is said and the start has failed."""

import os
import sys
import time

import psycopg

deadline = time.monotonic() + 30
while True:
    try:
        psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=3).close()
        break
    except psycopg.OperationalError as error:
        if time.monotonic() > deadline:
            sys.exit(f"The database did not answer in time: {error}")
        time.sleep(0.5)
