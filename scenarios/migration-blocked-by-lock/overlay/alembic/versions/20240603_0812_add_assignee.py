"""Add an assignee to tasks.

Revision ID: e5a1c09b7d42
Revises: 7ad2f6408bc1
Create Date: 2024-06-03 08:12:55+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "e5a1c09b7d42"
down_revision: str | Sequence[str] | None = "7ad2f6408bc1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Every task may have somebody who does it: for the code of the next release, this one leaves it alone."""
    op.add_column("tasks", sa.Column("assignee", sa.String(length=100), nullable=True))


def downgrade() -> None:
    """Assignees are gone; the tasks stay."""
    op.drop_column("tasks", "assignee")
