"""Codes of conduct: versions with their texts and steps, who was given and has read them, signatures, training."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0019_codes"
down_revision = "0018_concerns"
branch_labels = None
depends_on = None

OF_VERSION = (
    ("title", sa.String(), ""), ("significant", sa.Boolean(), True), ("change", sa.String(), ""),
    ("retired_on", sa.Date(), None), ("author", sa.String(), ""), ("owner", sa.String(), ""),
    ("review_on", sa.Date(), None), ("approved_by", sa.String(), ""), ("approved_on", sa.Date(), None),
    ("consulted", sa.String(), ""), ("consulted_from", sa.Date(), None), ("consulted_until", sa.Date(), None),
    ("grace_days", sa.Integer(), 14), ("chase_days", sa.Integer(), 14), ("is_summary", sa.Boolean(), False),
    ("offered", sa.Boolean(), False),
)  # fmt: skip
OF_PERSON = (
    ("position", sa.String(), ""), ("half_housing", sa.Boolean(), False), ("visit_check", sa.String(3), ""),
    ("visit_checked_on", sa.Date(), None), ("visit_check_until", sa.Date(), None),
)  # fmt: skip
OF_SIGNATURE = (
    ("name", sa.String(), ""), ("position", sa.String(), ""), ("organisation", sa.String(), ""),
    ("text_sha256", sa.String(64), ""), ("how", sa.String(8), "file"), ("drawn", sa.String(), ""),
)  # fmt: skip


def upgrade() -> None:
    _text()
    for table, columns in (("code_version", OF_VERSION), ("person", OF_PERSON)):
        for name, kind, default in columns:
            op.add_column(table, _column(name, kind, default))
    with op.batch_alter_table("acknowledgement") as batch:
        batch.alter_column("person_id", existing_type=sa.String(32), nullable=True)
        for name, kind, default in OF_SIGNATURE:
            batch.add_column(_column(name, kind, default))
        for name in ("involved_id", "scanned_by", "countersigned_by"):
            batch.add_column(sa.Column(name, sa.String(32), nullable=True))
        batch.add_column(sa.Column("paper", sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column("countersigned_at", Instant(), nullable=True))
        for name, table in (
            ("involved_id", "involved_person"),
            ("scanned_by", "person"),
            ("countersigned_by", "person"),
        ):
            batch.create_foreign_key(op.f(f"fk_acknowledgement_{name}_{table}"), table, [name], ["id"])
        batch.create_unique_constraint(op.f("uq_acknowledgement_involved_id_code_version_id"), _BY_INVOLVED)
        batch.create_index(op.f("ix_acknowledgement_involved_id"), ["involved_id"])
    _steps()
    _issues()
    _questions()
    _training()


_BY_INVOLVED = ["involved_id", "code_version_id"]


def _column(name: str, kind: sa.types.TypeEngine[Any], default: object) -> sa.Column[Any]:
    """With a default of the database for the rows that are there; new rows say it themselves."""
    if default is None:
        return sa.Column(name, kind, nullable=True)
    given = sa.text("true" if default is True else "false" if default is False else f"'{default}'")
    return sa.Column(name, kind, nullable=False, server_default=given)


def _text() -> None:
    _table(
        "code_text",
        _to("code_version_id"),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("media_type", sa.String(20), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", Instant(), nullable=False),
        _to("uploaded_by", nullable=True),
        sa.UniqueConstraint("code_version_id", "kind", name=op.f("uq_code_text_code_version_id_kind")),
        code_version_id="code_version", uploaded_by="person",
    )  # fmt: skip


def _steps() -> None:
    _table(
        "code_step",
        _to("code_version_id"),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        _to("by_id", nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        code_version_id="code_version", by_id="person",
    )  # fmt: skip
    op.create_index(op.f("ix_code_step_code_version_id"), "code_step", ["code_version_id"])


def _issues() -> None:
    _table(
        "code_issue",
        _to("code_version_id"),
        _to("person_id", nullable=True),
        _to("involved_id", nullable=True),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("read_at", Instant(), nullable=True),
        sa.Column("format", sa.String(12), nullable=False),
        sa.UniqueConstraint("person_id", "code_version_id", name=op.f("uq_code_issue_person_id_code_version_id")),
        sa.UniqueConstraint("involved_id", "code_version_id", name=op.f("uq_code_issue_involved_id_code_version_id")),
        code_version_id="code_version", person_id="person", involved_id="involved_person",
    )  # fmt: skip


def _questions() -> None:
    _table(
        "code_question",
        _to("code_version_id"),
        _to("person_id", nullable=True),
        _to("involved_id", nullable=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        _to("answered_by", nullable=True),
        sa.Column("form_key", sa.String(32), nullable=False),
        sa.UniqueConstraint("form_key", name=op.f("uq_code_question_form_key")),
        code_version_id="code_version", person_id="person", involved_id="involved_person", answered_by="person",
    )  # fmt: skip
    op.create_index(op.f("ix_code_question_code_version_id"), "code_question", ["code_version_id"])


def _training() -> None:
    _table(
        "training_record",
        _to("person_id"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        _to("recorded_by", nullable=True),
        sa.Column("form_key", sa.String(32), nullable=False),
        sa.UniqueConstraint("form_key", name=op.f("uq_training_record_form_key")),
        person_id="person", recorded_by="person",
    )  # fmt: skip
    op.create_index(op.f("ix_training_record_person_id"), "training_record", ["person_id"])


def _table(name: str, *parts: sa.schema.SchemaItem, **points: str) -> None:
    keys = [
        sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{name}_{column}_{table}"))
        for column, table in points.items()
    ]
    op.create_table(
        name, sa.Column("id", sa.String(32), nullable=False), *parts, *keys,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _to(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(32), nullable=nullable)


def downgrade() -> None:
    for table in ("training_record", "code_question", "code_issue", "code_step", "code_text"):
        op.drop_table(table)
    op.execute("DELETE FROM acknowledgement WHERE person_id IS NULL")
    with op.batch_alter_table("acknowledgement") as batch:
        batch.drop_index(op.f("ix_acknowledgement_involved_id"))
        batch.drop_constraint(op.f("uq_acknowledgement_involved_id_code_version_id"), type_="unique")
        for name, table in (
            ("involved_id", "involved_person"),
            ("scanned_by", "person"),
            ("countersigned_by", "person"),
        ):
            batch.drop_constraint(op.f(f"fk_acknowledgement_{name}_{table}"), type_="foreignkey")
        for name in ("involved_id", "scanned_by", "countersigned_by", "paper", "countersigned_at"):
            batch.drop_column(name)
        for name, _, _ in OF_SIGNATURE:
            batch.drop_column(name)
        batch.alter_column("person_id", existing_type=sa.String(32), nullable=False)
    for table, columns in (("code_version", OF_VERSION), ("person", OF_PERSON)):
        for name, _, _ in reversed(columns):
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
