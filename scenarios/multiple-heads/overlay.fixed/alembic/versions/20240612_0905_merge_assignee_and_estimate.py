"""Merge the branches of assignee and estimate.

Revision ID: 93c5d7be1a06
Revises: 1b7e44c0a9f3, e5a1c09b7d42
Create Date: 2024-06-12 09:05:31+00:00
"""

from collections.abc import Sequence

revision: str = "93c5d7be1a06"
down_revision: str | Sequence[str] | None = ("1b7e44c0a9f3", "e5a1c09b7d42")
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """There is one head again."""
    # Nothing to do: both branches stand as they are.


def downgrade() -> None:
    """There are two heads again."""
    # Nothing to do: both branches stand as they are.
