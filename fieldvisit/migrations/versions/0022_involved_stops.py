"""Involved residents and panel members who take no part for now, or any more. No step of a case is deleted either."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0022_involved_stops"
down_revision = "0021_declarations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "involved_stop",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("involved_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("starts", Instant(), nullable=False),
        sa.Column("ends", Instant(), nullable=True),
        sa.Column("was_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["involved_id"], ["involved_person.id"], name=op.f("fk_involved_stop_involved_id_involved_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_involved_stop")),
    )
    op.create_index(op.f("ix_involved_stop_involved_id"), "involved_stop", ["involved_id"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER breach_step_no_delete BEFORE DELETE ON breach_step "
            "BEGIN SELECT RAISE(ABORT, 'breach_step is append-only'); END"
        )
        return
    op.execute(
        "CREATE TRIGGER breach_step_never_deleted BEFORE DELETE OR TRUNCATE ON breach_step "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER breach_step_no_delete")
    else:
        op.execute("DROP TRIGGER breach_step_never_deleted ON breach_step")
    op.drop_table("involved_stop")
