"""The name uvicorn is given: `uvicorn main:app`."""

import os

from sqlalchemy import create_engine

from taskmanager.app import create_app

# The nightly export reads through an engine of its own, so that it cannot take the app's connections.
export = create_engine(os.environ["DATABASE_URL"], pool_size=1)

app = create_app()
