"""Add priority and due date to tasks.

Revision ID: b3e09d5c61f8
Revises: 4f1c8a27d93e
Create Date: 2024-02-26 14:15:47+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b3e09d5c61f8"
down_revision: str | Sequence[str] | None = "4f1c8a27d93e"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Every task has a priority, `normal` where nobody chose one, and may have a due date."""
    # A constant default is kept in the catalogue: PostgreSQL rewrites no row, however large the table is.
    op.add_column("tasks", sa.Column("priority", sa.String(length=10), server_default="normal", nullable=False))
    op.add_column("tasks", sa.Column("due_date", sa.Date(), nullable=True))
    op.create_check_constraint(op.f("ck_tasks_priority_known"), "tasks", "priority IN ('low', 'normal', 'high')")


def downgrade() -> None:
    """Priorities and due dates are gone; the tasks stay."""
    op.drop_constraint(op.f("ck_tasks_priority_known"), "tasks", type_="check")
    op.drop_column("tasks", "due_date")
    op.drop_column("tasks", "priority")
