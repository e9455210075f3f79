"""Every task has an owner.

Revision ID: c2f60d9318ea
Revises: 7ad2f6408bc1
Create Date: 2024-06-17 16:20:44+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c2f60d9318ea"
down_revision: str | Sequence[str] | None = "7ad2f6408bc1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Every task belongs to somebody."""
    op.add_column("tasks", sa.Column("owner", sa.String(length=100), nullable=False))


def downgrade() -> None:
    """Owners are gone; the tasks stay."""
    op.drop_column("tasks", "owner")
