"""Of one thing that several on duty were asked to do: who took it and who did it. And whom a worker named as their buddy."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0024_asked_and_buddies"
down_revision = "0023_code_opened"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task_asked",
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("taken_at", Instant(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_asked_task_id_task")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_task_asked_person_id_person")),
        sa.PrimaryKeyConstraint("task_id", "person_id", name=op.f("pk_task_asked")),
    )
    op.create_index(op.f("ix_task_asked_person_id"), "task_asked", ["person_id"])
    op.create_table(
        "safety_buddy",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("buddy_id", sa.String(length=32), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_safety_buddy_person_id_person")),
        sa.ForeignKeyConstraint(["buddy_id"], ["person.id"], name=op.f("fk_safety_buddy_buddy_id_person")),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_safety_buddy_set_by_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_safety_buddy")),
    )
    op.create_index(op.f("ix_safety_buddy_buddy_id"), "safety_buddy", ["buddy_id"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # it asks task_asked; the release that starts next writes its own
        op.execute("DROP POLICY IF EXISTS who_asks ON task")
    op.drop_table("safety_buddy")
    op.drop_table("task_asked")
