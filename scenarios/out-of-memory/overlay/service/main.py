"""The name uvicorn is given: `uvicorn main:app`. Besides the tasks it serves the export."""

from taskmanager.app import create_app
from taskmanager.export import router

app = create_app()
app.include_router(router)
