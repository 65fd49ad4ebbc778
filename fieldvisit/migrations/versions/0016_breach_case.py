"""Breach cases with their steps, which are only ever added, their words, evidence, readers and letters."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0016_breach_case"
down_revision = "0015_kept_apart"
branch_labels = None
depends_on = None

TABLES = ("breach_told", "breach_apart", "breach_seat", "breach_evidence", "breach_words", "breach_step", "breach_case")


def upgrade() -> None:
    op.create_table(
        "breach_case",
        _to("id"),
        _text("ref", 12),
        _text("cause", 64),
        _to("concern_id", nullable=True),
        _text("subject_kind", 8),
        *(_to(name, nullable=True) for name in ("subject_id", "firm_id", "visit_id", "home_id", "area_id")),
        _text("document", 8),
        _text("ladder", 24),
        _text("stage", 20),
        _at("heard_at"),
        _at("closed_at", nullable=True),
        _to("linked_to", nullable=True),
        _at("readers_at", nullable=True),
        _at("redacted_at", nullable=True),
        *_keys("breach_case", firm_id="firm", area_id="area", linked_to="breach_case"),
        sa.UniqueConstraint("ref", name=op.f("uq_breach_case_ref")),
        sa.UniqueConstraint("cause", name=op.f("uq_breach_case_cause")),
    )
    op.create_table(
        "breach_step",
        _to("id"),
        _to("case_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("kind", 20),
        _at("at"),
        _at("recorded_at"),
        _to("by", nullable=True),
        _text("stage_before", 20),
        _text("stage_after", 20),
        sa.Column("body", sa.Text(), nullable=False),
        _text("form_key", 64),
        *_keys("breach_step", case_id="breach_case", by="person"),
        sa.UniqueConstraint("form_key", name=op.f("uq_breach_step_form_key")),
        sa.UniqueConstraint("case_id", "position", name=op.f("uq_breach_step_case_id_position")),
    )
    op.create_table(
        "breach_words",
        _to("id"),
        _to("case_id"),
        _to("step_id"),
        _text("field", 24),
        sa.Column("text", sa.Text(), nullable=False),
        *_keys("breach_words", case_id="breach_case", step_id="breach_step"),
    )
    op.create_table(
        "breach_evidence",
        _to("id"),
        _to("case_id"),
        _to("step_id"),
        _text("kind", 8),
        _text("ref_id", 64),
        _to("visit_id", nullable=True),
        _text("what", 40),
        _at("happened_at"),
        _text("sha256", 64),
        *_keys("breach_evidence", case_id="breach_case", step_id="breach_step"),
        sa.UniqueConstraint("case_id", "kind", "ref_id", name=op.f("uq_breach_evidence_case_id_kind_ref_id")),
    )
    op.create_table(
        "breach_seat",
        _to("id"),
        _to("case_id"),
        _to("person_id"),
        _text("part", 12),
        _at("starts"),
        _at("ends", nullable=True),
        *_keys("breach_seat", case_id="breach_case", person_id="person"),
    )
    op.create_table(
        "breach_apart",
        _to("id"),
        _to("case_id"),
        _to("person_id"),
        _text("why", 12),
        *_keys("breach_apart", case_id="breach_case", person_id="person"),
        sa.UniqueConstraint("case_id", "person_id", "why", name=op.f("uq_breach_apart_case_id_person_id_why")),
    )
    _letters()
    for table, columns in (
        ("breach_case", ("concern_id",)), ("breach_case", ("subject_id",)), ("breach_case", ("stage", "heard_at", "id")),
        ("breach_words", ("case_id",)), ("breach_words", ("step_id",)), ("breach_seat", ("person_id", "ends")),
        ("breach_seat", ("case_id",)), ("breach_told", ("case_id",)), ("breach_told", ("person_id",)),
        ("breach_told", ("involved_id",)), ("breach_told", ("firm_id",)),
    ):  # fmt: skip
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
    _only_added("breach_step")


def _letters() -> None:
    op.create_table(
        "breach_told",
        _to("id"),
        _to("case_id"),
        _to("step_id"),
        _text("letter", 16),
        *(_to(name, nullable=True) for name in ("person_id", "involved_id", "firm_id", "about_id")),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _at("given_at", nullable=True),
        _at("redacted_at", nullable=True),
        *_keys(
            "breach_told", case_id="breach_case", step_id="breach_step", person_id="person",
            involved_id="involved_person", firm_id="firm",
        ),
    )  # fmt: skip


def _to(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[Instant]:
    return sa.Column(name, Instant(), nullable=nullable)


def _keys(table: str, **to: str) -> list[sa.Constraint]:
    foreign = [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
        for column, target in to.items()
    ]
    return [*foreign, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def _only_added(table: str) -> None:
    """What was done is not rewritten."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # these have policies that look into the seats and the cases
        for table in ("concern", *TABLES):
            op.execute(f"DROP POLICY IF EXISTS who_asks ON {table}")
    for table in TABLES:
        op.drop_table(table)
