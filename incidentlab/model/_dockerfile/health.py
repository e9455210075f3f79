"""HEALTHCHECK: its command and its timings."""

import re
from dataclasses import replace

from incidentlab.model._dockerfile.config import Healthcheck
from incidentlab.model._dockerfile.instruction import Flag, Instruction
from incidentlab.model._dockerfile.lines import json_words

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)", re.ASCII)
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_COUNT = re.compile(r"\d{1,9}", re.ASCII)


def healthcheck(instruction: Instruction) -> Healthcheck:
    """Read a HEALTHCHECK instruction.

    Raises:
        ValueError: it cannot be understood.
    """
    keyword, command = [*instruction.arguments.split(None, 1), "", ""][:2]
    line = instruction.first_line
    if keyword.upper() == "NONE" and not command:
        return Healthcheck(("NONE",), line=line)
    if keyword.upper() != "CMD" or not command:
        raise ValueError("HEALTHCHECK needs CMD and a command, or NONE")
    words = json_words(command)
    check = Healthcheck(("CMD", *words) if words is not None else ("CMD-SHELL", command), line=line)
    for flag in instruction.flags:
        check = _with(check, flag)
    return check


def _with(check: Healthcheck, flag: Flag) -> Healthcheck:
    if flag.name == "retries":
        if not _COUNT.fullmatch(flag.value):
            raise ValueError(f"--retries needs a number, not {flag.value[:40]!r}")
        # Docker reads 0 as "not given".
        return replace(check, retries=int(flag.value) or check.retries)
    if flag.name not in ("interval", "timeout", "start-period", "start-interval"):
        raise ValueError(f"HEALTHCHECK has no option --{flag.name}")
    given = seconds(flag.value)
    if given is None:
        raise ValueError(f"--{flag.name} needs a duration such as 5s, not {flag.value[:40]!r}")
    return _timed(check, flag.name, given) if given else check


def _timed(check: Healthcheck, name: str, given: float) -> Healthcheck:
    if name == "interval":
        return replace(check, interval=given)
    if name == "timeout":
        return replace(check, timeout=given)
    if name == "start-period":
        return replace(check, start_period=given)
    return replace(check, start_interval=given)


def seconds(text: str) -> float | None:
    """Read a duration as Go writes it (``1m30s``); ``None`` where it is none."""
    if text == "0":
        return 0.0
    pieces = list(_DURATION.finditer(text))
    if not pieces or "".join(piece[0] for piece in pieces) != text:
        return None
    return sum(float(piece[1]) * _UNITS[piece[2]] for piece in pieces)
