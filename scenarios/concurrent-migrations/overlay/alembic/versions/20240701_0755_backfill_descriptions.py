"""Backfill the descriptions of old tasks.

Revision ID: d18b3f7ac520
Revises: 7ad2f6408bc1
Create Date: 2024-07-01 07:55:19+00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "d18b3f7ac520"
down_revision: str | Sequence[str] | None = "7ad2f6408bc1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Descriptions are trimmed; pg_sleep stands for the seconds that a large table takes."""
    op.execute("UPDATE tasks SET description = btrim(description)")
    op.execute("SELECT pg_sleep(2)")


def downgrade() -> None:
    """What was trimmed stays trimmed."""
