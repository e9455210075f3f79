"""Index tasks by title.

Revision ID: 91c4e7a0d52b
Revises: 7ad2f6408bc1
Create Date: 2024-07-02 08:15:09+00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "91c4e7a0d52b"
down_revision: str | Sequence[str] | None = "7ad2f6408bc1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """`GET /duplicates` looks a title up instead of reading all of them for each."""
    op.create_index(op.f("ix_tasks_title"), "tasks", ["title"])


def downgrade() -> None:
    """The index is gone; answers stay the same, only slower."""
    op.drop_index(op.f("ix_tasks_title"), table_name="tasks")
