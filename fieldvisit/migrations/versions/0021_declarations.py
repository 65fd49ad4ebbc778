"""Gifts, hospitality and interests; what involved people sign; who took no part in what."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant, Json

revision = "0021_declarations"
down_revision = "0020_complaints"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _declaration()
    _steps()
    _words()
    _undertaking()
    _recusal()
    _never_changed()


def _id(name: str = "id", length: int = 32) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _declaration() -> None:
    op.create_table(
        "declaration",
        _id(),
        _id("ref", 12),
        _id("kind", 12),
        _id("subject_kind", 12),
        _id("subject_id"),
        *(
            sa.Column(f"{name}_id", sa.String(32), nullable=True)
            for name in ("person", "firm", "manager", "area", "visit")
        ),
        _id("stage", 24),
        _id("stood", 24),
        _id("form", 24),
        _id("giver", 12),
        _id("giver_key", 80),
        sa.Column("giver_firm_id", sa.String(32), nullable=True),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("accepted", "in_return", "must_return")),
        sa.Column("value_pence", sa.Integer(), nullable=True),
        _id("purpose", 16),
        sa.Column("begins_on", sa.Date(), nullable=True),
        _id("leave", 8),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("by_manager", "by_contact")),
        *(sa.Column(name, Instant(), nullable=False) for name in ("happened_at", "declared_at")),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("keep_until", sa.Date(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_declaration_{column}_{of}"))
            for column, of in (
                ("person_id", "person"), ("firm_id", "firm"), ("manager_id", "person"), ("area_id", "area"),
                ("visit_id", "visit"), ("giver_firm_id", "firm"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
        sa.UniqueConstraint("ref", name=op.f("uq_declaration_ref")),
    )  # fmt: skip
    for columns in (("subject_id",), ("person_id",), ("area_id", "closed_at", "due_at"), ("keep_until",)):
        op.create_index(op.f(f"ix_declaration_{'_'.join(columns)}"), "declaration", list(columns))


def _steps() -> None:
    op.create_table(
        "declaration_step",
        _id(),
        _id("declaration_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        _id("kind", 24),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(32), nullable=True),
        _id("stage", 24),
        sa.Column("body", Json(), nullable=False),
        _id("form_key", 64),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["declaration.id"], name=op.f("fk_declaration_step_declaration_id_declaration")
        ),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_declaration_step_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration_step")),
        sa.UniqueConstraint("form_key", name=op.f("uq_declaration_step_form_key")),
        sa.UniqueConstraint("declaration_id", "position", name=op.f("uq_declaration_step_declaration_id_position")),
    )


def _words() -> None:
    op.create_table(
        "declaration_words",
        _id(),
        _id("step_id"),
        _id("declaration_id"),
        _id("subject_id"),
        _id("field", 24),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["step_id"], ["declaration_step.id"], name=op.f("fk_declaration_words_step_id_declaration_step")
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["declaration.id"], name=op.f("fk_declaration_words_declaration_id_declaration")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration_words")),
    )
    for column in ("step_id", "declaration_id", "subject_id"):
        op.create_index(op.f(f"ix_declaration_words_{column}"), "declaration_words", [column])


def _undertaking() -> None:
    op.create_table(
        "undertaking",
        _id(),
        _id("involved_id"),
        _id("kind", 16),
        sa.Column("signed_at", Instant(), nullable=False),
        _id("name", 120),
        _id("text_sha256", 64),
        sa.Column("interests", sa.Integer(), nullable=False),
        sa.Column("renew_on", sa.Date(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        _id("form_key", 64),
        sa.ForeignKeyConstraint(
            ["involved_id"], ["involved_person.id"], name=op.f("fk_undertaking_involved_id_involved_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undertaking")),
        sa.UniqueConstraint("form_key", name=op.f("uq_undertaking_form_key")),
    )
    op.create_index(
        op.f("ix_undertaking_involved_id_kind_signed_at"), "undertaking", ["involved_id", "kind", "signed_at"]
    )


def _recusal() -> None:
    op.create_table(
        "recusal",
        _id(),
        _id("subject_kind", 12),
        _id("subject_id"),
        _id("about", 12),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("left", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _id("recorded_by"),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        _id("form_key", 64),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_recusal_recorded_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recusal")),
        sa.UniqueConstraint("form_key", name=op.f("uq_recusal_form_key")),
    )
    op.create_index(op.f("ix_recusal_subject_id"), "recusal", ["subject_id"])


def _never_changed() -> None:
    """A step goes with its declaration when its years are over, and until then nobody changes it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER declaration_step_no_update BEFORE UPDATE ON declaration_step "
            "BEGIN SELECT RAISE(ABORT, 'declaration_step is never changed'); END"
        )
        return
    op.execute(
        "CREATE TRIGGER declaration_step_never_changed BEFORE UPDATE OR TRUNCATE ON declaration_step "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def downgrade() -> None:
    for table in ("recusal", "undertaking", "declaration_words", "declaration_step", "declaration"):
        op.drop_table(table)
