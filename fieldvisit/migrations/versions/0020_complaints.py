"""Complaints are cases: their steps are only ever added to, and what was said stands beside them."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant, Json

revision = "0020_complaints"
down_revision = "0019_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaint",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("home_id", sa.String(length=32), nullable=True),
        sa.Column("area_id", sa.String(length=32), nullable=True),
        sa.Column("visit_id", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=24), nullable=False),
        sa.Column("theme", sa.String(length=24), nullable=False),
        sa.Column("handler_id", sa.String(length=32), nullable=True),
        sa.Column("kept_from", sa.Text(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.Column("runs_out_at", Instant(), nullable=True),
        sa.Column("taken_by", sa.String(length=32), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["home_id"], ["home.id"], name=op.f("fk_complaint_home_id_home")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_complaint_area_id_area")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_complaint_visit_id_visit")),
        sa.ForeignKeyConstraint(["handler_id"], ["person.id"], name=op.f("fk_complaint_handler_id_person")),
        sa.ForeignKeyConstraint(["taken_by"], ["person.id"], name=op.f("fk_complaint_taken_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("ref", name=op.f("uq_complaint_ref")),
        sa.UniqueConstraint("cause", name=op.f("uq_complaint_cause")),
    )
    op.create_index(op.f("ix_complaint_home_id"), "complaint", ["home_id"])
    op.create_index(op.f("ix_complaint_area_id_stage_runs_out_at"), "complaint", ["area_id", "stage", "runs_out_at"])
    _steps()
    _words()
    _only_added_to()


def _steps() -> None:
    op.create_table(
        "complaint_step",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("complaint_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=True),
        sa.Column("stage_before", sa.String(length=24), nullable=False),
        sa.Column("stage_after", sa.String(length=24), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_step_complaint_id_complaint")
        ),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_complaint_step_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_step")),
        sa.UniqueConstraint("complaint_id", "position", name=op.f("uq_complaint_step_complaint_id_position")),
        sa.UniqueConstraint("form_key", name=op.f("uq_complaint_step_form_key")),
    )


def _words() -> None:
    op.create_table(
        "complaint_words",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("step_id", sa.String(length=32), nullable=False),
        sa.Column("complaint_id", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["step_id"], ["complaint_step.id"], name=op.f("fk_complaint_words_step_id_complaint_step")
        ),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_words_complaint_id_complaint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_words")),
    )
    for column in ("step_id", "complaint_id", "subject_id"):
        op.create_index(op.f(f"ix_complaint_words_{column}"), "complaint_words", [column])


def _only_added_to() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER complaint_step_no_{act.lower()} BEFORE {act} ON complaint_step "
                "BEGIN SELECT RAISE(ABORT, 'complaint_step is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER complaint_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON complaint_step "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER complaint_step_no_{act}")
    for table in ("complaint_words", "complaint_step", "complaint"):
        op.drop_table(table)
