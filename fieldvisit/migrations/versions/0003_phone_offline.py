"""The phone offline: this deployment's epoch, numbers of arrival, phones, photos, and what was decided of held entries."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant, new_id

revision = "0003_phone_offline"
down_revision = "0002_row_security"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _deployment()
    _held()
    _arrivals()
    _phones()
    _attachments()
    _never_deleted()


def _deployment() -> None:
    made = op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("durable_up_to", sa.Integer(), nullable=True),
        sa.Column("arrivals", sa.Integer(), nullable=False),
        sa.Column("restored_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.bulk_insert(made, [{"id": 1, "epoch": new_id(), "durable_up_to": None, "arrivals": 0, "restored_at": None}])


def _held() -> None:
    op.add_column("held", sa.Column("skew_s", sa.Integer(), nullable=True))
    op.add_column("held", sa.Column("settled_how", sa.String(length=8), nullable=True))
    op.add_column("held", sa.Column("settled_why", sa.Text(), nullable=True))
    op.create_index(op.f("ix_held_settled_at_received_at_id"), "held", ["settled_at", "received_at", "id"])


def _arrivals() -> None:
    op.create_table(
        "arrival",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=True),
        sa.Column("held_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_arrival_entry_id_entry")),
        sa.ForeignKeyConstraint(["held_id"], ["held.id"], name=op.f("fk_arrival_held_id_held")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_arrival")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_arrival_entry_id")),
        sa.UniqueConstraint("held_id", name=op.f("uq_arrival_held_id")),
    )
    op.execute(
        "INSERT INTO arrival (seq, entry_id, held_id) "
        "SELECT row_number() OVER (ORDER BY received_at, id), entry_id, held_id FROM ("
        "SELECT received_at, id, id AS entry_id, NULL AS held_id FROM entry WHERE grant_id IS NOT NULL "
        "UNION ALL SELECT received_at, id, NULL, id FROM held) came"
    )
    op.execute("UPDATE deployment SET arrivals = (SELECT count(*) FROM arrival)")
    op.create_table(
        "failed_parse",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("envelope_sha256", sa.String(length=64), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_parse")),
        sa.UniqueConstraint(
            "device", "uuid", "envelope_sha256", name=op.f("uq_failed_parse_device_uuid_envelope_sha256")
        ),
    )


def _phones() -> None:
    op.create_table(
        "phone",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=True),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_phone_area_id_area")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_phone_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone")),
        sa.UniqueConstraint("device", name=op.f("uq_phone_device")),
    )
    op.create_index(op.f("ix_phone_person_id"), "phone", ["person_id"])
    op.create_index(op.f("ix_phone_queued_heard_at"), "phone", ["queued", "heard_at"])


def _attachments() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("blob", sa.String(length=36), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=True),
        sa.Column("held_id", sa.String(length=32), nullable=True),
        sa.Column("grant_id", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("csize", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("csha256", sa.String(length=64), nullable=False),
        sa.Column("named_at", Instant(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_attachment_entry_id_entry")),
        sa.ForeignKeyConstraint(["grant_id"], ["grant_.id"], name=op.f("fk_attachment_grant_id_grant_")),
        sa.ForeignKeyConstraint(["held_id"], ["held.id"], name=op.f("fk_attachment_held_id_held")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("device", "blob", name=op.f("uq_attachment_device_blob")),
    )
    op.create_index(op.f("ix_attachment_entry_id"), "attachment", ["entry_id"])
    op.create_index(op.f("ix_attachment_held_id"), "attachment", ["held_id"])


def _never_deleted() -> None:
    """What was held is kept for good: not by promise, but by the database. A person settles it, nobody deletes it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER held_no_delete BEFORE DELETE ON held BEGIN SELECT RAISE(ABORT, 'held is append-only'); END"
        )
        return
    op.execute(
        "CREATE TRIGGER held_never_deleted BEFORE DELETE OR TRUNCATE ON held "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER held_no_delete")
    else:
        op.execute("DROP TRIGGER held_never_deleted ON held")
    for table in ("attachment", "phone", "failed_parse", "arrival", "deployment"):
        op.drop_table(table)
    op.drop_index(op.f("ix_held_settled_at_received_at_id"), table_name="held")
    for column in ("settled_why", "settled_how", "skew_s"):
        op.drop_column("held", column)
