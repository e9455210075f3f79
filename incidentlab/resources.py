"""Where the bundled material is: one rule for a wheel and for a checkout.

In a wheel, ``scenarios/``, ``service/``, ``alembic/`` and ``alembic.ini`` lie in ``incidentlab/_bundled``.
In a checkout (or an editable install of it) they lie at the top level beside the package.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def bundled_root() -> Path:
    """Return the folder that holds ``scenarios``, ``service``, ``alembic`` and ``alembic.ini``.

    It may be read-only and shared: copy from it, never write into it.
    """
    inside = _PACKAGE / "_bundled"
    return inside if inside.is_dir() else _PACKAGE.parent


def bundled_scenarios() -> Path:
    """Return the folder of the bundled scenarios."""
    return bundled_root() / "scenarios"
