"""What a tenant said on their own page: how it went, a complaint, who must be there, that nobody called."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant, Json

revision = "0006_tenant_said"
down_revision = "0005_needs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenant_said",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("asked", Json(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("form_key", sa.String(length=36), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_tenant_said_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant_said")),
        sa.UniqueConstraint("form_key", name=op.f("uq_tenant_said_form_key")),
    )
    op.create_index(op.f("ix_tenant_said_visit_id"), "tenant_said", ["visit_id"])
    op.create_index(op.f("ix_tenant_said_subject_id"), "tenant_said", ["subject_id"])


def downgrade() -> None:
    op.drop_table("tenant_said")
