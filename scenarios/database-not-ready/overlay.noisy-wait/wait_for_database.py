"""Waits until the database answers, for half a minute at most, and says of every attempt what came of it."""

import logging
import os
import sys
import time

import psycopg

logging.basicConfig(format="%(levelname)s:     %(message)s")
log = logging.getLogger("wait-for-database")
deadline = time.monotonic() + 30
while True:
    try:
        psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=3).close()
        break
    except psycopg.OperationalError as error:
        if time.monotonic() > deadline:
            sys.exit(f"The database did not answer in time: {error}")
        log.error("The database does not answer yet: %s", error)
        time.sleep(0.5)
