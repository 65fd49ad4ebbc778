"""A message may be about a home, as the summary of a hazard is; a job carries the clock of the law that runs for it."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0011_hazards_told"
down_revision = "0010_safety"
branch_labels = None
depends_on = None

TIMES = ("clock_from", "clock_due_at", "clock_done_at")


def upgrade() -> None:
    op.add_column("message", sa.Column("home_id", sa.String(length=32), nullable=True))
    op.create_index(op.f("ix_message_home_id"), "message", ["home_id"])
    op.add_column("job", sa.Column("clock", sa.String(length=24), nullable=False, server_default=""))
    op.add_column("job", sa.Column("clock_days", sa.Integer(), nullable=True))
    for name in TIMES:
        op.add_column("job", sa.Column(name, Instant(), nullable=True))
    op.add_column("job", sa.Column("clock_done_by", sa.String(length=32), nullable=True))
    op.create_index(op.f("ix_job_clock_due_at"), "job", ["clock_due_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_job_clock_due_at"), "job")
    for name in ("clock_done_by", *TIMES, "clock_days", "clock"):
        op.drop_column("job", name)
    if op.get_bind().dialect.name == "postgresql":
        # It asks for the home; the older release writes its own.
        op.execute("DROP POLICY IF EXISTS who_asks ON message")
    op.drop_index(op.f("ix_message_home_id"), "message")
    op.drop_column("message", "home_id")
