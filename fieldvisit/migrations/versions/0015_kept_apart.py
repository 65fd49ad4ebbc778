"""Who is kept apart from whom, and who manages whom."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0015_kept_apart"
down_revision = "0014_involved"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_apart",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("home_id", sa.String(32), nullable=True),
        sa.Column("firm_id", sa.String(32), nullable=True),
        sa.Column("subject_kind", sa.String(12), nullable=False),
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("starts", Instant(), nullable=False),
        sa.Column("ends", Instant(), nullable=True),
        sa.Column("cause", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kept_apart_person_id_person")),
        sa.ForeignKeyConstraint(["home_id"], ["home.id"], name=op.f("fk_kept_apart_home_id_home")),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name=op.f("fk_kept_apart_firm_id_firm")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_apart")),
    )
    for column in ("person_id", "home_id", "subject_id", "cause"):
        op.create_index(op.f(f"ix_kept_apart_{column}"), "kept_apart", [column])
    if op.get_bind().dialect.name == "sqlite":  # the table cannot be made anew: nearly all others point at it
        op.execute(
            "ALTER TABLE person ADD COLUMN manager_id VARCHAR(32) "
            "CONSTRAINT fk_person_manager_id_person REFERENCES person (id)"
        )
    else:
        op.add_column("person", sa.Column("manager_id", sa.String(32), nullable=True))
        op.create_foreign_key(op.f("fk_person_manager_id_person"), "person", "person", ["manager_id"], ["id"])
    op.create_index(op.f("ix_person_manager_id"), "person", ["manager_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_person_manager_id"), "person")
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("fk_person_manager_id_person"), "person", type_="foreignkey")
    op.execute("ALTER TABLE person DROP COLUMN manager_id")
    op.drop_table("kept_apart")
