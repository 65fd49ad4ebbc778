"""Refusals and no access: a case of a home and a job, its attempts, contacts and steps, which are only ever added."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0008_refusals"
down_revision = "0007_hazards"
branch_labels = None
depends_on = None

ADDED_ONLY = ("access_attempt", "access_contact", "access_step")


def upgrade() -> None:
    op.create_table(
        "access_case",
        _id(),
        _to("home_id"),
        _to("area_id"),
        _to("job_id", nullable=True),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        *_keys("access_case", home_id="home", area_id="area", job_id="job"),
    )
    op.create_table(
        "access_attempt",
        _id(),
        _to("case_id"),
        _to("visit_id"),
        _to("entry_id"),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.String(length=24), nullable=False),
        sa.Column("window_start", Instant(), nullable=False),
        sa.Column("window_end", Instant(), nullable=False),
        sa.Column("arrived_at", Instant(), nullable=True),
        sa.Column("happened_at", Instant(), nullable=False),
        sa.Column("waited_min", sa.Integer(), nullable=False),
        sa.Column("called", sa.Boolean(), nullable=False),
        sa.Column("card_left", sa.Boolean(), nullable=False),
        *_keys("access_attempt", case_id="access_case", visit_id="visit", entry_id="entry"),
        sa.UniqueConstraint("entry_id", name=op.f("uq_access_attempt_entry_id")),
    )
    op.create_table(
        "access_contact",
        _id(),
        _to("case_id"),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("happened_at", Instant(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        _to("by_id"),
        sa.Column("form_key", sa.String(length=36), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        *_keys("access_contact", case_id="access_case", by_id="person"),
        sa.UniqueConstraint("form_key", name=op.f("uq_access_contact_form_key")),
    )
    op.create_table(
        "access_step",
        _id(),
        _to("case_id"),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        _to("attempt_id", nullable=True),
        _to("visit_id", nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("equality", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        _to("by_id", nullable=True),
        sa.Column("form_key", sa.String(length=36), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        *_keys("access_step", case_id="access_case", attempt_id="access_attempt", visit_id="visit", by_id="person"),
        sa.UniqueConstraint("form_key", name=op.f("uq_access_step_form_key")),
    )
    for table, columns in (
        ("access_case", ("home_id",)), ("access_case", ("job_id",)), ("access_case", ("area_id", "due_at", "id")),
        ("access_attempt", ("case_id",)), ("access_attempt", ("visit_id",)), ("access_contact", ("case_id",)),
        ("access_step", ("case_id",)), ("access_step", ("visit_id",)),
    ):  # fmt: skip
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
    _only_added()


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(length=32), nullable=False)


def _to(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _keys(table: str, **to: str) -> list[sa.Constraint]:
    foreign = [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
        for column, target in to.items()
    ]
    return [*foreign, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def _only_added() -> None:
    """What was tried is not rewritten. Taking a row away on its day is left to retention."""
    for table in ADDED_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            )


def downgrade() -> None:
    for table in ("access_step", "access_contact", "access_attempt", "access_case"):
        op.drop_table(table)
