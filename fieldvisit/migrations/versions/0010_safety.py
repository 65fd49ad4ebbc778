"""Watches over workers, their words' digests, incidents; and a warning about a home has a second officer."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant, Json

revision = "0010_safety"
down_revision = "0009_sealed_box"
branch_labels = None
depends_on = None

_ONLY_ADDED_TO = ("watch_step", "incident_step")


def upgrade() -> None:
    _watch()
    _incident()
    _safety_word()
    for table in _ONLY_ADDED_TO:
        _only_added_to(table)
    with op.batch_alter_table("precaution") as batch:
        batch.add_column(sa.Column("set_by", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("approved_by", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("approved_at", Instant(), nullable=True))
        for column in ("set_by", "approved_by"):
            batch.create_foreign_key(op.f(f"fk_precaution_{column}_person"), "person", [column], ["id"])


def _watch() -> None:
    op.create_table(
        "watch",
        _key("id"),
        _key("visit_id"),
        _key("person_id"),
        _key("area_id"),
        _key("firm_id", nullable=True),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        *_to("watch", visit_id="visit", person_id="person", area_id="area", firm_id="firm"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch")),
        sa.UniqueConstraint("visit_id", "person_id", name=op.f("uq_watch_visit_id_person_id")),
    )
    op.create_index(op.f("ix_watch_person_id"), "watch", ["person_id"])
    op.create_index(op.f("ix_watch_stage_due_at"), "watch", ["stage", "due_at"])
    _steps("watch", sa.Column("stage_after", sa.String(length=12), nullable=False), by_nobody=True)
    _words("watch")


def _incident() -> None:
    op.create_table(
        "incident",
        _key("id"),
        sa.Column("ref", sa.String(length=12), nullable=False),
        _key("area_id"),
        _key("visit_id", nullable=True),
        _key("person_id"),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("happened_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        *_to("incident", area_id="area", visit_id="visit", person_id="person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("ref", name=op.f("uq_incident_ref")),
    )
    for column in ("visit_id", "person_id"):
        op.create_index(op.f(f"ix_incident_{column}"), "incident", [column])
    op.create_index(op.f("ix_incident_area_id_closed_at_due_at"), "incident", ["area_id", "closed_at", "due_at"])
    _steps("incident")
    _words("incident", _key("subject_id"))
    op.create_index(op.f("ix_incident_words_subject_id"), "incident_words", ["subject_id"])


def _safety_word() -> None:
    op.create_table(
        "safety_word",
        _key("person_id"),
        sa.Column("safe_hash", sa.String(length=128), nullable=False),
        sa.Column("duress_hash", sa.String(length=128), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        *_to("safety_word", person_id="person"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_safety_word")),
    )


def _steps(of: str, *more: "sa.Column[str]", by_nobody: bool = False) -> None:
    table, key = f"{of}_step", f"{of}_id"
    op.create_table(
        table,
        _key("id"),
        _key(key),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        _key("by", nullable=by_nobody),
        *more,
        sa.Column("body", Json(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        *_to(table, **{key: of, "by": "person"}),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(key, "position", name=op.f(f"uq_{table}_{key}_position")),
        sa.UniqueConstraint("form_key", name=op.f(f"uq_{table}_form_key")),
    )


def _words(of: str, *more: "sa.Column[str]") -> None:
    table, key = f"{of}_words", f"{of}_id"
    op.create_table(
        table,
        _key("id"),
        _key("step_id"),
        _key(key),
        *more,
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        *_to(table, **{"step_id": f"{of}_step", key: of}),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    for column in ("step_id", key):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _key(name: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _to(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{other}.id"],
            name=op.f(f"fk_{table}_{column}_{other}"),
        )
        for column, other in columns.items()
    ]  # fmt: skip


def _only_added_to(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def downgrade() -> None:
    with op.batch_alter_table("precaution") as batch:
        for column in ("set_by", "approved_by"):
            batch.drop_constraint(op.f(f"fk_precaution_{column}_person"), type_="foreignkey")
        for column in ("set_by", "approved_by", "approved_at"):
            batch.drop_column(column)
    if op.get_bind().dialect.name == "sqlite":
        for table in _ONLY_ADDED_TO:
            for act in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{act}")
    for table in ("incident_words", "incident_step", "incident", "watch_words", "watch_step", "watch", "safety_word"):
        op.drop_table(table)
