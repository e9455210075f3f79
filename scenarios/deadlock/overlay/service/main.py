"""The name uvicorn is given: `uvicorn main:app`. Besides the tasks it serves bulk changes."""

from taskmanager.app import create_app
from taskmanager.bulk import router

app = create_app()
app.include_router(router)
