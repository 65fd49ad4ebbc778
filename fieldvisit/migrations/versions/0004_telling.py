"""Telling the tenant: work to be done later, messages and their receipts, the tenant's own link, calendars."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant, Json, new_id
from fieldvisit.ground.clock import now
from fieldvisit.notices.links import new_link

revision = "0004_telling"
down_revision = "0003_phone_offline"
branch_labels = None
depends_on = None

_BATCH = 1000
_OVER = ("closed", "refused", "no_access", "cancelled", "withdrawn")


def upgrade() -> None:
    op.add_column("deployment", sa.Column("worker_seen_at", Instant(), nullable=True))
    _work()
    _messages()
    _links()
    _calendars()
    _scans()
    _receipts_only_grow()


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(length=32), nullable=False)


def _work() -> None:
    op.create_table(
        "work",
        _id(),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("dedupe", sa.String(length=120), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("trouble", sa.String(length=48), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_work_dedupe")),
    )
    op.create_index(op.f("ix_work_done_at_due_at_id"), "work", ["done_at", "due_at", "id"])


def _messages() -> None:
    op.create_table(
        "message",
        _id(),
        sa.Column("visit_id", sa.String(length=32), nullable=True),
        sa.Column("notice_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("look", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=12), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("written_by", sa.String(length=32), nullable=False),
        sa.Column("taken_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_message_visit_id_visit")),
        sa.ForeignKeyConstraint(["written_by"], ["person.id"], name=op.f("fk_message_written_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_visit_id_written_at"), "message", ["visit_id", "written_at"])
    op.create_index(op.f("ix_message_written_at_id"), "message", ["written_at", "id"])
    op.create_index(op.f("ix_message_notice_id"), "message", ["notice_id"])
    op.create_index(op.f("ix_message_provider_id"), "message", ["provider_id"])
    op.create_table(
        "receipt",
        _id(),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_receipt_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("message_id", "status", "at", name=op.f("uq_receipt_message_id_status_at")),
    )
    op.create_table(
        "message_text",
        _id(),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("checked_by", sa.String(length=80), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("saved_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["saved_by"], ["person.id"], name=op.f("fk_message_text_saved_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_text")),
        sa.UniqueConstraint(
            "kind", "channel", "language", "version", name=op.f("uq_message_text_kind_channel_language_version")
        ),
    )


def _links() -> None:
    op.create_table(
        "tenant_link",
        _id(),
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("handle", sa.String(length=12), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("signs", Json(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_tenant_link_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant_link")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_tenant_link_visit_id")),
        sa.UniqueConstraint("handle", name=op.f("uq_tenant_link_handle")),
        sa.UniqueConstraint("reference", name=op.f("uq_tenant_link_reference")),
    )
    _links_of_visits_that_are_planned()
    op.create_table(
        "link_try",
        _id(),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_try")),
    )
    op.create_index(op.f("ix_link_try_key"), "link_try", ["key"])


def _links_of_visits_that_are_planned() -> None:
    """Each visit gets its link when it is planned; every message asks for it. These were planned before there were any."""
    bind, at = op.get_bind(), now()
    visit = sa.table("visit", sa.column("id"), sa.column("stage"))
    links = sa.table(
        "tenant_link", *(sa.column(name) for name in ("id", "visit_id", "handle", "reference")),
        sa.column("signs", Json()), sa.column("made_at", Instant()),
    )  # fmt: skip
    planned = bind.scalars(sa.select(visit.c.id).where(visit.c.stage.not_in(_OVER))).all()
    rows: Iterator[dict[str, Any]] = (_link_row(visit_id, at) for visit_id in planned)
    while batch := list(islice(rows, _BATCH)):
        bind.execute(sa.insert(links), batch)


def _link_row(visit_id: str, at: datetime) -> dict[str, Any]:
    link = new_link(visit_id, at)
    return {
        "id": new_id(), "visit_id": visit_id, "handle": link.handle, "reference": link.reference, "signs": link.signs,
        "made_at": link.made_at,
    }  # fmt: skip


def _calendars() -> None:
    op.create_table(
        "calendar_feed",
        _id(),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    op.create_index(op.f("ix_calendar_feed_person_id"), "calendar_feed", ["person_id"])


def _scans() -> None:
    op.create_table(
        "recent_scan",
        _id(),
        sa.Column("badge_id", sa.String(length=26), nullable=False),
        sa.Column("net", sa.String(length=16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recent_scan")),
    )
    op.create_index(op.f("ix_recent_scan_badge_id_at"), "recent_scan", ["badge_id", "at"])


def _receipts_only_grow() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER receipt_no_{verb.lower()} BEFORE {verb} ON receipt "
                "BEGIN SELECT RAISE(ABORT, 'receipt is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER receipt_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER receipt_no_{verb}")
    else:
        op.execute("DROP TRIGGER receipt_only_grows ON receipt")
    for table in (
        "recent_scan",
        "calendar_feed",
        "link_try",
        "tenant_link",
        "message_text",
        "receipt",
        "message",
        "work",
    ):
        op.drop_table(table)
    op.drop_column("deployment", "worker_seen_at")
