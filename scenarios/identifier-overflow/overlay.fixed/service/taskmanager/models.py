"""What is stored. A change here needs a migration: `alembic revision --autogenerate`, then `alembic check`."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Index, MetaData, String, false, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

TITLE_LENGTH = 200
DESCRIPTION_LENGTH = 2000


class Base(DeclarativeBase):
    """Every constraint has a name, so that a migration can drop what another one made."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


class Task(Base):
    """Something somebody wants done."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("priority IN ('low', 'normal', 'high')", name="priority_known"),
        Index(None, "done", "due_date"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    description: Mapped[str] = mapped_column(String(DESCRIPTION_LENGTH))
    done: Mapped[bool] = mapped_column(server_default=false())
    priority: Mapped[str] = mapped_column(String(10), server_default="normal")
    due_date: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
