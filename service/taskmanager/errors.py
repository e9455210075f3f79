"""Failures become answers: a client learns what it can mend, the log keeps the rest."""

import logging
from typing import cast

import psycopg
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = logging.getLogger("uvicorn.taskmanager")


def error_class(error: DBAPIError | PoolTimeout) -> str:
    """An error's kind as a label of few values.

    Args:
        error: From SQLAlchemy.

    Returns:
        The first two characters of the SQLSTATE; `connection` where the server gave none, as when it cannot be
        reached; `pool` where no connection became free in time; `other` for a code that somebody's function has
        made up.
    """
    if isinstance(error, PoolTimeout):
        return "pool"
    code = sqlstate(error)
    if code is None:
        return "connection"
    try:
        psycopg.errors.lookup(code)
    except KeyError:
        return "other"
    return code[:2]


def sqlstate(error: DBAPIError | PoolTimeout) -> str | None:
    """PostgreSQL's own code for what went wrong.

    Args:
        error: From SQLAlchemy.

    Returns:
        Five characters; none where the server was not there to give any.
    """
    code: str | None = getattr(getattr(error, "orig", None), "sqlstate", None)
    return code


async def database_failed(request: Request, error: Exception) -> JSONResponse:
    """A database error is 503 and is counted; the client sees neither SQL nor traceback, the log has both.

    Args:
        request: The one that failed.
        error: A `DBAPIError` or SQLAlchemy's `TimeoutError`; FastAPI's types cannot say so.

    Returns:
        The answer.
    """
    failure = cast(DBAPIError | PoolTimeout, error)
    kind = error_class(failure)
    log.error("Database error (%s) on %s", kind, request.method, exc_info=error)
    request.app.state.services.metrics.database_failed(kind, sqlstate(failure))
    content = {"detail": "The database cannot serve this request now; try again later"}
    return JSONResponse(content, status_code=503, headers={"Retry-After": "5"})


async def input_refused(request: Request, error: Exception) -> JSONResponse:
    """Bad input is 422 with each field's place and what is wrong with it, but not the value.

    A value may be what JSON cannot carry back, an infinite number or half a character, and would turn the refusal
    into a failure of ours.

    Args:
        request: The one refused.
        error: A `RequestValidationError`; FastAPI's types cannot say so.

    Returns:
        The answer, in FastAPI's own form.
    """
    detail = [
        {"type": each["type"], "loc": [_printable(part) for part in each["loc"]], "msg": _printable(each["msg"])}
        for each in cast(RequestValidationError, error).errors()
    ]
    return JSONResponse({"detail": detail}, status_code=422)


def _printable(part: str | int) -> str | int:
    return part.encode(errors="backslashreplace").decode() if isinstance(part, str) else part
