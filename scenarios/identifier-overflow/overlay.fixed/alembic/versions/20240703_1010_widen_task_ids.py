"""Give tasks identifiers of eight bytes.

Revision ID: c86d1f0b7e94
Revises: 7ad2f6408bc1
Create Date: 2024-07-03 10:10:44+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c86d1f0b7e94"
down_revision: str | Sequence[str] | None = "7ad2f6408bc1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Identifiers are `bigint`; the sequence of an identity column is widened with it."""
    # This rewrites the table under a lock. Here it is small; a large one is filled beside and swapped.
    op.alter_column("tasks", "id", type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False)


def downgrade() -> None:
    """Identifiers are `integer` again, where all of them still fit."""
    op.alter_column("tasks", "id", type_=sa.Integer(), existing_type=sa.BigInteger(), existing_nullable=False)
