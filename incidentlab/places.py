"""Where incidentlab keeps things on a machine; ``INCIDENTLAB_HOME`` puts all of it into one folder."""

import os
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_state_path


def _home() -> Path | None:
    chosen = os.environ.get("INCIDENTLAB_HOME")
    return Path(chosen).expanduser().absolute() if chosen else None


def state() -> Path:
    """Return the folder for records of runs and of what is running; it may not exist yet."""
    home = _home()
    return home / "state" if home else user_state_path("incidentlab", appauthor=False)


def cache() -> Path:
    """Return the folder for what can be made again at any time; it may not exist yet."""
    home = _home()
    return home / "cache" if home else user_cache_path("incidentlab", appauthor=False)


def config() -> Path:
    """Return the folder of the user's own configuration; it may not exist."""
    home = _home()
    return home if home else user_config_path("incidentlab", appauthor=False)


def runs() -> Path:
    """Return the folder that holds one folder per recorded run; it may not exist yet."""
    return state() / "runs"
