"""Entry without consent has a case with its steps, which are only ever added; and what was sent to ask again is kept."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0012_lawful_entry"
down_revision = "0011_hazards_told"
branch_labels = None
depends_on = None

ADDED_ONLY = ("lawful_entry_step", "access_chase")


def upgrade() -> None:
    op.create_table(
        "lawful_entry",
        _id(),
        _to("visit_id"),
        _to("home_id"),
        _to("area_id"),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("entered_at", Instant(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        *_keys("lawful_entry", visit_id="visit", home_id="home", area_id="area"),
    )
    op.create_table(
        "lawful_entry_step",
        _id(),
        _to("lawful_entry_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        _to("by_id"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        _to("entry_id", nullable=True),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        *_keys("lawful_entry_step", lawful_entry_id="lawful_entry", by_id="person", entry_id="entry"),
        sa.UniqueConstraint("form_key", name=op.f("uq_lawful_entry_step_form_key")),
        sa.UniqueConstraint("lawful_entry_id", "position", name=op.f("uq_lawful_entry_step_lawful_entry_id_position")),
    )
    op.create_table(
        "access_chase",
        _id(),
        _to("case_id"),
        _to("contact_id"),
        _to("message_id"),
        sa.Column("kind", sa.String(length=20), nullable=False),
        *_keys("access_chase", case_id="access_case", contact_id="access_contact", message_id="message"),
        sa.UniqueConstraint("contact_id", name=op.f("uq_access_chase_contact_id")),
        sa.UniqueConstraint("message_id", name=op.f("uq_access_chase_message_id")),
    )
    for table, columns in (
        ("lawful_entry", ("visit_id",)), ("lawful_entry", ("home_id",)), ("lawful_entry", ("area_id", "due_at", "id")),
        ("lawful_entry", ("opened_at", "id")), ("lawful_entry_step", ("entry_id",)), ("access_chase", ("case_id",)),
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
    """What was done is not rewritten. Taking a row away on its day is left to retention."""
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
    for table in ("access_chase", "lawful_entry_step", "lawful_entry"):
        op.drop_table(table)
