"""Add an estimate to tasks.

Revision ID: 1b7e44c0a9f3
Revises: 7ad2f6408bc1
Create Date: 2024-06-10 13:40:02+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "1b7e44c0a9f3"
down_revision: str | Sequence[str] | None = "7ad2f6408bc1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Every task may say how long it takes."""
    op.add_column("tasks", sa.Column("estimate_minutes", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Estimates are gone; the tasks stay."""
    op.drop_column("tasks", "estimate_minutes")
