"""What a household has asked for: how and where to write, whom they trust; warnings with an owner and a review date."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant, Json, new_id

revision = "0005_needs"
down_revision = "0004_telling"
branch_labels = None
depends_on = None

_BATCH = 1000
_NEW = {
    "contact_safety": (Json(), "{}"),
    "word_style": (sa.String(length=8), "words"),
    "letter_look": (sa.String(length=12), "plain"),
    "password": (sa.String(length=40), ""),
}


def upgrade() -> None:
    op.execute("ALTER TABLE household RENAME COLUMN precautions TO needs")
    for name, (kind, value) in _NEW.items():
        op.add_column("household", sa.Column(name, kind, nullable=False, server_default=value))
    op.add_column("household", sa.Column("no_letters_until", sa.Date(), nullable=True))
    _precautions()
    _contacts()
    _what_was_used_so_far_stays_in_use()
    if op.get_bind().dialect.name != "sqlite":  # there the model alone says what a new row begins with
        for name in _NEW:
            op.alter_column("household", name, server_default=None)


def _precautions() -> None:
    op.create_table(
        "precaution",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("home_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=True),
        sa.Column("set_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.String(length=32), nullable=True),
        sa.Column("hact_code", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["home_id"], ["home.id"], name=op.f("fk_precaution_home_id_home")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_precaution_owner_id_person")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_precaution_ended_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_precaution")),
    )
    op.create_index(op.f("ix_precaution_home_id"), "precaution", ["home_id"])


def _contacts() -> None:
    op.create_table(
        "household_contact",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("home_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("reach", sa.String(), nullable=False),
        sa.Column("when_free", sa.String(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["home_id"], ["home.id"], name=op.f("fk_household_contact_home_id_home")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_contact")),
        sa.UniqueConstraint("home_id", "kind", name=op.f("uq_household_contact_home_id_kind")),
    )


def _what_was_used_so_far_stays_in_use() -> None:
    """A tenant of a home that is not protected was written to and rung at these numbers: they are marked safe.

    A household that was never asked anything gets its row, so that there is something to mark.
    """
    bind = op.get_bind()
    people = bind.execute(
        sa.text(
            "SELECT resident.home_id AS home_id, max(resident.phone) AS phone, max(resident.email) AS email, "
            "max(household.id) AS household_id FROM resident LEFT JOIN household ON household.home_id = resident.home_id "
            "WHERE resident.role = 'tenant' AND (household.id IS NULL OR NOT household.protected) GROUP BY resident.home_id"
        )
    ).all()
    households = sa.table(
        "household", *(sa.column(name) for name in ("id", "home_id", "language", "trusted_adult", "protected")),
        sa.column("unusable_channels", Json()), sa.column("needs", Json()), sa.column("contact_safety", Json()),
    )  # fmt: skip
    rows = iter(people)
    while batch := list(islice(rows, _BATCH)):
        marks = [(row, _marks(row)) for row in batch]
        new = [_new_household(row.home_id, marked) for row, marked in marks if row.household_id is None]
        known = [{"its_id": row.household_id, "marked": marked} for row, marked in marks if row.household_id]
        if new:
            bind.execute(sa.insert(households), new)
        if known:
            change = sa.update(households).where(households.c.id == sa.bindparam("its_id"))
            bind.execute(change.values(contact_safety=sa.bindparam("marked", type_=Json())), known)


def _marks(row: Any) -> dict[str, str]:
    return dict.fromkeys(_safe(row), "safe")


def _safe(row: Any) -> Iterator[str]:
    yield "letter"
    if row.phone:
        yield from ("sms", "phone")
    if row.email:
        yield "email"


def _new_household(home_id: str, marked: dict[str, str]) -> dict[str, Any]:
    return {
        "id": new_id(), "home_id": home_id, "language": "en", "unusable_channels": [], "needs": [],
        "trusted_adult": False, "protected": False, "contact_safety": marked,
    }  # fmt: skip


def downgrade() -> None:
    op.drop_table("household_contact")
    op.drop_table("precaution")
    for column in ("no_letters_until", *reversed(_NEW)):
        op.drop_column("household", column)
    op.execute("ALTER TABLE household RENAME COLUMN needs TO precautions")
