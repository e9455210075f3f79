"""Due dates moved to a service of their own.

Revision ID: f4b81d26c97a
Revises: 7ad2f6408bc1
Create Date: 2024-07-08 09:40:12+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "f4b81d26c97a"
down_revision: str | Sequence[str] | None = "7ad2f6408bc1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """No task has a due date any more; the index on it goes with the column."""
    op.drop_column("tasks", "due_date")


def downgrade() -> None:
    """Every task may have a due date again; the dates themselves are lost."""
    op.add_column("tasks", sa.Column("due_date", sa.Date(), nullable=True))
    op.create_index(op.f("ix_tasks_done_due_date"), "tasks", ["done", "due_date"])
