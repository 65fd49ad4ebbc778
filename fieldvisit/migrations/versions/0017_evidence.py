"""A key for each home, and what became of each photo and signature that came in (security 5.1, 5.2).

Those that came before are made ready by the worker, which looks for them every ten minutes.
"""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0017_evidence"
down_revision = "0016_breach_case"
branch_labels = None
depends_on = None


def _new() -> list[sa.Column[object]]:
    return [
        sa.Column("picture", sa.String(8), nullable=False, server_default=""),
        sa.Column("picture_at", Instant(), nullable=True),
        sa.Column("refused_why", sa.String(200), nullable=False, server_default=""),
        sa.Column("stored", sa.String(64), nullable=True),
        sa.Column("stored_size", sa.Integer(), nullable=True),
        sa.Column("plain_sha256", sa.String(64), nullable=True),
        sa.Column("key_id", sa.String(32), nullable=True),
        sa.Column("sealed_gone_at", Instant(), nullable=True),
    ]


def upgrade() -> None:
    op.create_table(
        "subject_key",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("kek", sa.String(16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["home.id"], name=op.f("fk_subject_key_subject_id_home")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_key")),
        sa.UniqueConstraint("subject_id", name=op.f("uq_subject_key_subject_id")),
    )
    op.create_index(op.f("ix_subject_key_kek"), "subject_key", ["kek"])
    for column in _new():
        op.add_column("attachment", column)
    op.create_index(op.f("ix_attachment_key_id"), "attachment", ["key_id"])
    op.create_index(op.f("ix_attachment_picture_completed_at"), "attachment", ["picture", "completed_at"])


def downgrade() -> None:
    """Leaves nothing that opens what is in the store: only for a home that has put nothing away."""
    op.drop_index(op.f("ix_attachment_picture_completed_at"), "attachment")
    op.drop_index(op.f("ix_attachment_key_id"), "attachment")
    for column in reversed(_new()):
        op.drop_column("attachment", column.name)
    op.drop_table("subject_key")
