"""Reports that are sealed to the vault have a table of their own, and are no lines of a visit's log (R4)."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0009_sealed_box"
down_revision = "0008_refusals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealed_box",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("envelope_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("jwe", sa.Text(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("arrival", sa.Integer(), nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("signed_at", sa.String(length=40), nullable=False),
        sa.Column("signature", sa.String(length=96), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_box")),
        sa.UniqueConstraint("arrival", name=op.f("uq_sealed_box_arrival")),
        sa.UniqueConstraint(
            "device", "uuid", "envelope_sha256", name=op.f("uq_sealed_box_device_uuid_envelope_sha256")
        ),
    )
    op.create_index(op.f("ix_sealed_box_uuid"), "sealed_box", ["uuid"])


def downgrade() -> None:
    op.drop_table("sealed_box")
