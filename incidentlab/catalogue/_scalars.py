"""The small parts that the format of a scenario is made of: names, paths, times, sizes."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s?(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_SIZE = re.compile(r"(\d{1,6})\s?(k|m|g)b?", re.IGNORECASE)
_BYTES = {"k": 1024, "m": 1024**2, "g": 1024**3}


def _duration(value: object) -> object:
    """``500ms``, ``30s`` or ``2m`` as seconds; a bare number is refused, because nobody can tell its unit."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("has to be a time with its unit, such as 500ms, 30s or 2m")
    return float(found[1]) * _SECONDS[found[2]]


def _size(value: object) -> object:
    """``64m`` or ``64MB`` as bytes, in the powers of two that Docker and PostgreSQL use."""
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("has to be a size with its unit, such as 512k or 64m")
    return int(found[1]) * _BYTES[found[2].lower()]


Duration = Annotated[
    float,
    BeforeValidator(_duration, json_schema_input_type=str),
    Field(gt=0, le=3600, description="A time with its unit: 500ms, 30s, 2m."),
]
Memory = Annotated[
    int,
    BeforeValidator(_size, json_schema_input_type=str),
    Field(ge=16 * 1024**2, le=2 * 1024**3, description="A size with its unit, from 16m to 2g."),
]
Volume = Annotated[
    int,
    BeforeValidator(_size, json_schema_input_type=str),
    Field(ge=16 * 1024**2, le=256 * 1024**2, description="A size with its unit, from 16m to 256m."),
]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Identifier = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
Line = Annotated[str, Field(min_length=1, max_length=300)]
RelativePath = Annotated[str, Field(min_length=1, max_length=300)]


class Strict(BaseModel):
    """Unknown keys are refused: a misspelt key that is silently dropped would prove nothing."""

    model_config = ConfigDict(extra="forbid", strict=True)
