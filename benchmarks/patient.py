"""The bundled service, as it is or without what measures its requests: ``uvicorn benchmarks.patient:app``."""

import os

from benchmarks.load import WITHOUT
from taskmanager.app import create_app
from taskmanager.middleware import MeasureRequests

app = create_app()
if os.environ.get(WITHOUT):
    # Starlette puts the layers together when the first request comes.
    measures: object = MeasureRequests
    app.user_middleware = [each for each in app.user_middleware if each.cls is not measures]
