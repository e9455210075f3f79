"""What the figures were measured on; a time means nothing without it."""

import os
import platform
import subprocess

_MIB = 1 << 20


def facts() -> dict[str, str]:
    """Return the machine's facts, in words that fit on a line each."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cores": str(cores),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "docker": _docker(),
    }


def load() -> float:
    """Return the load average of the last minute."""
    return os.getloadavg()[0]


def remark(before: float, after: float, cores: int) -> str:
    """Say so where others were at work: the peer's waiting does not grow with that, and work on either side does."""
    if max(before, after) > cores:
        return (
            f"The machine was busy with other work (load {before:.1f} before, {after:.1f} after): "
            "times and ratios are worse than on a quiet one."
        )
    return ""


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (_MIB << 10):.1f} GiB"
    except (ValueError, OSError):
        return "unknown"


def _docker() -> str:
    form = "{{.Server.Version}} ({{.Server.Os}})"
    try:
        done = subprocess.run(["docker", "version", "-f", form], capture_output=True, text=True, check=False)
    except OSError:
        return "not installed"
    return done.stdout.strip() if done.returncode == 0 else "no daemon answers"
