"""The name uvicorn is given: `uvicorn main:app`. Besides the tasks it serves the list of duplicates."""

from taskmanager.app import create_app
from taskmanager.duplicates import router

app = create_app()
app.include_router(router)
