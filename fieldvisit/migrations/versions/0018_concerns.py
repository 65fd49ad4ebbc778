"""A concern says how it came and whom it points at; drafts of the phone line, words said later, and links."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0018_concerns"
down_revision = "0017_evidence"
branch_labels = None
depends_on = None

NEW = ("channel", "told_by_id", "needs", "about_id", "visit_id", "home_id", "receipt_hash", "net")


def upgrade() -> None:
    with op.batch_alter_table("concern") as batch:
        batch.add_column(sa.Column("channel", sa.String(12), nullable=False, server_default="phone"))
        batch.add_column(sa.Column("needs", sa.String(), nullable=False, server_default=""))
        for name, length in (("told_by_id", 32), ("about_id", 32), ("visit_id", 32), ("home_id", 32), ("net", 16)):
            batch.add_column(sa.Column(name, sa.String(length), nullable=True))
        batch.add_column(sa.Column("receipt_hash", sa.String(64), nullable=True))
        for name in ("told_by_id", "about_id"):
            batch.create_foreign_key(op.f(f"fk_concern_{name}_person"), "person", [name], ["id"])
        batch.create_unique_constraint(op.f("uq_concern_receipt_hash"), ["receipt_hash"])
    with op.batch_alter_table("concern") as batch:
        batch.alter_column("channel", server_default=None)
        batch.alter_column("needs", server_default=None)
        batch.create_index(op.f("ix_concern_about_id"), ["about_id"])
        batch.create_index(op.f("ix_concern_net"), ["net"])
    op.create_table(
        "concern_added",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("concern_id", sa.String(32), nullable=False),
        sa.Column("form_key", sa.String(36), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        *_keys("concern_added", concern_id="concern"),
        sa.UniqueConstraint("form_key", name=op.f("uq_concern_added_form_key")),
    )
    op.create_table(
        "concern_link",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("concern_id", sa.String(32), nullable=False),
        sa.Column("other_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.String(32), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.Column("undone_by", sa.String(32), nullable=True),
        sa.Column("undone_why", sa.Text(), nullable=False),
        *_keys("concern_link", concern_id="concern", other_id="concern", made_by="person", undone_by="person"),
    )
    op.create_table(
        "concern_draft",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("form_key", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("filed", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("dies_at", Instant(), nullable=False),
        *_keys("concern_draft", person_id="person"),
        sa.UniqueConstraint("form_key", name=op.f("uq_concern_draft_form_key")),
    )
    for table, column in (
        ("concern_added", "concern_id"), ("concern_link", "concern_id"), ("concern_link", "other_id"),
        ("concern_draft", "person_id"), ("concern_draft", "dies_at"),
    ):  # fmt: skip
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _keys(table: str, **to: str) -> list[sa.Constraint]:
    foreign = [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
        for column, target in to.items()
    ]
    return [*foreign, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def downgrade() -> None:
    for table in ("concern_added", "concern_link", "concern_draft"):
        op.drop_table(table)
    with op.batch_alter_table("concern") as batch:
        for name in ("told_by_id", "about_id"):
            batch.drop_constraint(op.f(f"fk_concern_{name}_person"), type_="foreignkey")
        batch.drop_constraint(op.f("uq_concern_receipt_hash"), type_="unique")
        batch.drop_index(op.f("ix_concern_about_id"))
        batch.drop_index(op.f("ix_concern_net"))
        for name in NEW:
            batch.drop_column(name)
