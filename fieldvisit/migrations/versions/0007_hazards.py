"""Hazards are cases. Every task that says 'a hazard was seen' and is still open becomes one, with its original time."""

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant, Json, new_id

revision = "0007_hazards"
down_revision = "0006_tenant_said"
branch_labels = None
depends_on = None

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def upgrade() -> None:
    _hazard()
    _steps()
    _words()
    _only_added_to()
    _tasks_become_hazards()


def _hazard() -> None:
    op.create_table(
        "hazard",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("home_id", sa.String(length=32), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=True),
        sa.Column("hazard", sa.String(length=48), nullable=False),
        sa.Column("stage", sa.String(length=24), nullable=False),
        sa.Column("at_risk", Json(), nullable=False),
        sa.Column("aware_at", Instant(), nullable=False),
        sa.Column("runs_out_at", Instant(), nullable=True),
        sa.Column("reported_by", sa.String(length=32), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["home_id"], ["home.id"], name=op.f("fk_hazard_home_id_home")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_hazard_area_id_area")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_hazard_visit_id_visit")),
        sa.ForeignKeyConstraint(["reported_by"], ["person.id"], name=op.f("fk_hazard_reported_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard")),
        sa.UniqueConstraint("ref", name=op.f("uq_hazard_ref")),
        sa.UniqueConstraint("cause", name=op.f("uq_hazard_cause")),
    )
    op.create_index(op.f("ix_hazard_home_id"), "hazard", ["home_id"])
    op.create_index(op.f("ix_hazard_area_id_stage_runs_out_at"), "hazard", ["area_id", "stage", "runs_out_at"])


def _steps() -> None:
    op.create_table(
        "hazard_step",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("hazard_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=True),
        sa.Column("stage_before", sa.String(length=24), nullable=False),
        sa.Column("stage_after", sa.String(length=24), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_hazard_step_hazard_id_hazard")),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_hazard_step_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_step")),
        sa.UniqueConstraint("hazard_id", "position", name=op.f("uq_hazard_step_hazard_id_position")),
        sa.UniqueConstraint("form_key", name=op.f("uq_hazard_step_form_key")),
    )


def _words() -> None:
    op.create_table(
        "hazard_words",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("step_id", sa.String(length=32), nullable=False),
        sa.Column("hazard_id", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["step_id"], ["hazard_step.id"], name=op.f("fk_hazard_words_step_id_hazard_step")),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_hazard_words_hazard_id_hazard")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_words")),
    )
    for column in ("step_id", "hazard_id", "subject_id"):
        op.create_index(op.f(f"ix_hazard_words_{column}"), "hazard_words", [column])


def _only_added_to() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER hazard_step_no_{act.lower()} BEFORE {act} ON hazard_step "
                "BEGIN SELECT RAISE(ABORT, 'hazard_step is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER hazard_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hazard_step "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def _tasks_become_hazards() -> None:
    """The task stays open beside its case, until somebody has looked at it and decided."""
    bind = op.get_bind()
    names = ("cause", "about_id", "raised_at", "due_at")
    task = sa.table("task", *map(sa.column, ("kind", "about", "done_at")), *_columns(names))
    visit = sa.table("visit", *map(sa.column, ("id", "home_id", "area_id")))
    wanted = sa.select(*(task.c[name] for name in names), visit.c.home_id, visit.c.area_id).join_from(
        task, visit, visit.c.id == task.c.about_id
    )
    still_open = (task.c.kind == "hazard_seen", task.c.about == "visit", task.c.done_at.is_(None))
    cases, steps = [], []
    for row in bind.execute(wanted.where(*still_open)).all():
        case, step = _case(row)
        cases.append(case)
        steps.append(step)
    if cases:
        bind.execute(sa.insert(sa.table("hazard", *_columns(cases[0]))), cases)
        bind.execute(sa.insert(sa.table("hazard_step", *_columns(steps[0]))), steps)


def _case(row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    ref = "H-" + "".join(secrets.choice(_LETTERS) for _ in range(9))
    case = {
        "id": new_id(), "ref": ref, "cause": row.cause, "home_id": row.home_id,
        "area_id": row.area_id, "visit_id": row.about_id, "hazard": "", "stage": "logged", "at_risk": [],
        "aware_at": row.raised_at, "runs_out_at": row.due_at, "opened_at": row.raised_at,
    }  # fmt: skip
    step = {
        "id": new_id(), "hazard_id": case["id"], "position": 1, "kind": "reported", "at": row.raised_at,
        "recorded_at": row.raised_at, "stage_before": "", "stage_after": "logged", "body": {"from": "visit"},
        "form_key": row.cause,
    }  # fmt: skip
    return case, step


_INSTANTS = ("raised_at", "due_at", "aware_at", "runs_out_at", "opened_at", "at", "recorded_at")


def _columns(names: Any) -> list[Any]:
    kinds: dict[str, Any] = dict.fromkeys(_INSTANTS, Instant()) | {"at_risk": Json(), "body": Json()}
    return [sa.column(name, kinds.get(name)) for name in names]


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER hazard_step_no_{act}")
    for table in ("hazard_words", "hazard_step", "hazard"):
        op.drop_table(table)
