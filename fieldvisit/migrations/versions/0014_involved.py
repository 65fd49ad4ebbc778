"""Involved residents and panel members, who have a personal link and no sign-in."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0014_involved"
down_revision = "0013_purged"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "involved_person",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("name", "organisation", "email", "phone", "address")
        ),
        sa.Column("area_id", sa.String(length=32), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("handle", sa.String(length=12), nullable=False),
        sa.Column("link_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_involved_person_area_id_area")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_involved_person")),
        sa.UniqueConstraint("handle", name=op.f("uq_involved_person_handle")),
    )
    op.create_index(op.f("ix_involved_person_area_id"), "involved_person", ["area_id"])
    op.create_table(
        "involved_try",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("involved_id", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["involved_id"], ["involved_person.id"], name=op.f("fk_involved_try_involved_id_involved_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_involved_try")),
    )
    op.create_index(op.f("ix_involved_try_involved_id_at"), "involved_try", ["involved_id", "at"])


def downgrade() -> None:
    op.drop_table("involved_try")
    op.drop_table("involved_person")
