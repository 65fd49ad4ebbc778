"""The first tables: who and where, badges, notices, visits and their log."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant, Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_record",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("record", sa.String(length=24), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("object_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("prev_hash", sa.String(length=64), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_record")),
        sa.UniqueConstraint("seq", name=op.f("uq_access_record_seq")),
    )
    with op.batch_alter_table("access_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_record_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_record_person_id_at"), ["person_id", "at"], unique=False)

    op.create_table(
        "area",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        sa.UniqueConstraint("name", name=op.f("uq_area_name")),
    )
    op.create_table(
        "code_version",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("document", sa.String(length=4), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("live_from", sa.Date(), nullable=True),
        sa.Column("binds", Json(), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_version")),
        sa.UniqueConstraint("document", "version", name=op.f("uq_code_version_document_version")),
    )
    op.create_table(
        "failed_sign_in",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_in")),
    )
    with op.batch_alter_table("failed_sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_failed_sign_in_who_at"), ["who", "at"], unique=False)

    op.create_table(
        "firm",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("insurance_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firm")),
        sa.UniqueConstraint("name", name=op.f("uq_firm_name")),
    )
    op.create_table(
        "imported_row",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_row")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_imported_row_kind_key")),
    )
    op.create_table(
        "policy_version",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_used_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "scan",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("badge_id", sa.String(length=26), nullable=False),
        sa.Column("answer", sa.String(length=6), nullable=False),
        sa.Column("hour", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
    )
    with op.batch_alter_table("scan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scan_badge_id_hour"), ["badge_id", "hour"], unique=False)

    op.create_table(
        "typed_try",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("badge_id", sa.String(length=26), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_typed_try")),
    )
    with op.batch_alter_table("typed_try", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_typed_try_badge_id_at"), ["badge_id", "at"], unique=False)

    op.create_table(
        "home",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("uprn", sa.String(length=12), nullable=False),
        sa.Column("address_line", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(length=8), nullable=False),
        sa.Column("building", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("tenure", sa.String(), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_home_area_id_area")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home")),
        sa.UniqueConstraint("uprn", name=op.f("uq_home_uprn")),
    )
    with op.batch_alter_table("home", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_home_area_id"), ["area_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_home_postcode"), ["postcode"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("firm_id", sa.String(length=32), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("training_until", sa.Date(), nullable=True),
        sa.Column("photo", sa.LargeBinary(), nullable=True),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name=op.f("fk_person_firm_id_firm")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        sa.UniqueConstraint("ref", name=op.f("uq_person_ref")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_firm_id"), ["firm_id"], unique=False)

    op.create_table(
        "task",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=True),
        sa.Column("about", sa.String(length=12), nullable=False),
        sa.Column("about_id", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_task_area_id_area")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("cause", name=op.f("uq_task_cause")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_task_area_id_done_at_due_at"), ["area_id", "done_at", "due_at"], unique=False
        )

    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("code_version_id", sa.String(length=32), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code_version_id"], ["code_version.id"], name=op.f("fk_acknowledgement_code_version_id_code_version")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_acknowledgement_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
        sa.UniqueConstraint("person_id", "code_version_id", name=op.f("uq_acknowledgement_person_id_code_version_id")),
    )
    with op.batch_alter_table("acknowledgement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acknowledgement_person_id"), ["person_id"], unique=False)

    op.create_table(
        "badge",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("secret", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("state_changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_badge_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge")),
        sa.UniqueConstraint("number", name=op.f("uq_badge_number")),
    )
    with op.batch_alter_table("badge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_badge_person_id"), ["person_id"], unique=False)

    op.create_table(
        "concern",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("form_key", sa.String(length=36), nullable=False),
        sa.Column("received_at", Instant(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("taken_by", sa.String(length=32), nullable=True),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("danger_now", sa.Boolean(), nullable=False),
        sa.Column("still_there", sa.Boolean(), nullable=False),
        sa.Column("caller_name", sa.String(), nullable=False),
        sa.Column("caller_contact", sa.String(), nullable=False),
        sa.Column("safe_to_ring", sa.String(), nullable=False),
        sa.Column("about_whom", sa.Text(), nullable=False),
        sa.Column("badge_number", sa.String(length=12), nullable=False),
        sa.Column("firm", sa.String(), nullable=False),
        sa.Column("happened_when", sa.String(), nullable=False),
        sa.Column("happened_where", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("wants", sa.Text(), nullable=False),
        sa.Column("is_complaint", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["taken_by"], ["person.id"], name=op.f("fk_concern_taken_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
        sa.UniqueConstraint("form_key", name=op.f("uq_concern_form_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_concern_ref")),
    )
    op.create_table(
        "grant_",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("public_jwk", Json(), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_grant__person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_")),
    )
    with op.batch_alter_table("grant_", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant__device_person_id"), ["device", "person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grant__person_id"), ["person_id"], unique=False)

    op.create_table(
        "household",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("home_id", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("unusable_channels", Json(), nullable=False),
        sa.Column("precautions", Json(), nullable=False),
        sa.Column("trusted_adult", sa.Boolean(), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["home_id"], ["home.id"], name=op.f("fk_household_home_id_home")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("home_id", name=op.f("uq_household_home_id")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("home_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("priority", sa.String(length=24), nullable=False),
        sa.Column("trade", sa.String(length=24), nullable=False),
        sa.Column("hazard", sa.String(length=48), nullable=False),
        sa.Column("reported_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["home_id"], ["home.id"], name=op.f("fk_job_home_id_home")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("ref", name=op.f("uq_job_ref")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_home_id"), ["home_id"], unique=False)

    op.create_table(
        "person_area",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=False),
        sa.Column("starts", Instant(), nullable=False),
        sa.Column("ends", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_person_area_area_id_area")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_area_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_area")),
    )
    with op.batch_alter_table("person_area", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_area_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_duty",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("duty", sa.String(length=24), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=True),
        sa.Column("starts", Instant(), nullable=False),
        sa.Column("ends", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_person_duty_area_id_area")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_duty_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_duty")),
    )
    with op.batch_alter_table("person_duty", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_duty_person_id"), ["person_id"], unique=False)

    op.create_table(
        "resident",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("home_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["home_id"], ["home.id"], name=op.f("fk_resident_home_id_home")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident")),
        sa.UniqueConstraint("ref", name=op.f("uq_resident_ref")),
    )
    with op.batch_alter_table("resident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resident_home_id"), ["home_id"], unique=False)

    op.create_table(
        "sign_in",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_sign_in_secret_hash")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_person_id"), ["person_id"], unique=False)

    op.create_table(
        "held",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("grant_id", sa.String(length=32), nullable=False),
        sa.Column("envelope_sha256", sa.String(length=64), nullable=False),
        sa.Column("jwe", sa.LargeBinary(), nullable=False),
        sa.Column("sig", sa.String(length=128), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("visit_id", sa.String(length=64), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("settled_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["grant_id"], ["grant_.id"], name=op.f("fk_held_grant_id_grant_")),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_held_settled_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held")),
        sa.UniqueConstraint("device", "uuid", "envelope_sha256", name=op.f("uq_held_device_uuid_envelope_sha256")),
    )
    op.create_table(
        "visit",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("home_id", sa.String(length=32), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=True),
        sa.Column("firm_id", sa.String(length=32), nullable=True),
        sa.Column("planned_at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("window_start", Instant(), nullable=False),
        sa.Column("window_end", Instant(), nullable=False),
        sa.Column("lead_id", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("notice_result", sa.String(length=24), nullable=False),
        sa.Column("exceptions", Json(), nullable=False),
        sa.Column("exception_count", sa.Integer(), nullable=False),
        sa.Column("arrived_at", Instant(), nullable=True),
        sa.Column("entered_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("further_on", sa.Date(), nullable=True),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("policy_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_visit_area_id_area")),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name=op.f("fk_visit_firm_id_firm")),
        sa.ForeignKeyConstraint(["home_id"], ["home.id"], name=op.f("fk_visit_home_id_home")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_visit_job_id_job")),
        sa.ForeignKeyConstraint(["lead_id"], ["person.id"], name=op.f("fk_visit_lead_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("ref", name=op.f("uq_visit_ref")),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_visit_area_id_stage_window_start_id"),
            ["area_id", "stage", "window_start", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_visit_area_id_window_start_id"), ["area_id", "window_start", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_visit_firm_id_window_start_id"), ["firm_id", "window_start", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_visit_home_id_window_start"), ["home_id", "window_start"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_lead_id_window_start"), ["lead_id", "window_start"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_window_start_id"), ["window_start", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_stage"), ["stage"], unique=False)

    op.create_table(
        "entry",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("grant_id", sa.String(length=32), nullable=True),
        sa.Column("envelope_sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("device_time", Instant(), nullable=False),
        sa.Column("corrected_time", Instant(), nullable=False),
        sa.Column("skew_s", sa.Integer(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("recorded_by", sa.String(length=32), nullable=False),
        sa.Column("badge_id", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(["grant_id"], ["grant_.id"], name=op.f("fk_entry_grant_id_grant_")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_entry_recorded_by_person")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_entry_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("device", "seq", name=op.f("uq_entry_device_seq")),
        sa.UniqueConstraint("device", "uuid", name=op.f("uq_entry_device_uuid")),
        sa.UniqueConstraint("visit_id", "position", name=op.f("uq_entry_visit_id_position")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("delivery", sa.String(length=24), nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("despatched_at", Instant(), nullable=True),
        sa.Column("window_start", Instant(), nullable=False),
        sa.Column("window_end", Instant(), nullable=False),
        sa.Column("programme_start", sa.Date(), nullable=True),
        sa.Column("programme_end", sa.Date(), nullable=True),
        sa.Column("spoke_to", sa.String(length=20), nullable=True),
        sa.Column("recipient_age", sa.Integer(), nullable=True),
        sa.Column("states_who", sa.Boolean(), nullable=False),
        sa.Column("states_why", sa.Boolean(), nullable=False),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("recorded_by", sa.String(length=32), nullable=False),
        sa.Column("policy_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_notice_recorded_by_person")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_notice_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "visit_worker",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("lead", sa.Boolean(), nullable=False),
        sa.Column("starts", Instant(), nullable=False),
        sa.Column("ends", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_visit_worker_person_id_person")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_worker_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_worker")),
    )
    with op.batch_alter_table("visit_worker", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_worker_person_id_visit_id"), ["person_id", "visit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_worker_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "envelope",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("jwe", sa.LargeBinary(), nullable=False),
        sa.Column("sig", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_envelope_entry_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_envelope")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_envelope_entry_id")),
    )
    op.create_table(
        "words",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_words_entry_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_words")),
    )
    with op.batch_alter_table("words", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_words_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_words_subject_id"), ["subject_id"], unique=False)

    _append_only()


def _append_only() -> None:
    """The log only grows: not by promise, but by the database. Erasure happens in `words` and `envelope`."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER entry_no_{act.lower()} BEFORE {act} ON entry "
                "BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END"
            )
        op.execute(
            "CREATE TRIGGER access_record_no_delete BEFORE DELETE ON access_record "
            "BEGIN SELECT RAISE(ABORT, 'access_record is append-only'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )
    op.execute(
        "CREATE TRIGGER access_record_append_only BEFORE DELETE OR TRUNCATE ON access_record "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("entry_no_update", "entry_no_delete", "access_record_no_delete"):
            op.execute(f"DROP TRIGGER {trigger}")
    else:
        op.execute("DROP FUNCTION append_only() CASCADE")
    with op.batch_alter_table("words", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_words_subject_id"))
        batch_op.drop_index(batch_op.f("ix_words_entry_id"))

    op.drop_table("words")
    op.drop_table("envelope")
    with op.batch_alter_table("visit_worker", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_worker_visit_id"))
        batch_op.drop_index(batch_op.f("ix_visit_worker_person_id_visit_id"))

    op.drop_table("visit_worker")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_visit_id"))

    op.drop_table("notice")
    op.drop_table("entry")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_stage"))
        batch_op.drop_index(batch_op.f("ix_visit_window_start_id"))
        batch_op.drop_index(batch_op.f("ix_visit_lead_id_window_start"))
        batch_op.drop_index(batch_op.f("ix_visit_job_id"))
        batch_op.drop_index(batch_op.f("ix_visit_home_id_window_start"))
        batch_op.drop_index(batch_op.f("ix_visit_firm_id_window_start_id"))
        batch_op.drop_index(batch_op.f("ix_visit_area_id_window_start_id"))
        batch_op.drop_index(batch_op.f("ix_visit_area_id_stage_window_start_id"))

    op.drop_table("visit")
    op.drop_table("held")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_person_id"))

    op.drop_table("sign_in")
    with op.batch_alter_table("resident", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resident_home_id"))

    op.drop_table("resident")
    with op.batch_alter_table("person_duty", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_duty_person_id"))

    op.drop_table("person_duty")
    with op.batch_alter_table("person_area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_area_person_id"))

    op.drop_table("person_area")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_home_id"))

    op.drop_table("job")
    op.drop_table("household")
    with op.batch_alter_table("grant_", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grant__person_id"))
        batch_op.drop_index(batch_op.f("ix_grant__device_person_id"))

    op.drop_table("grant_")
    op.drop_table("concern")
    with op.batch_alter_table("badge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_badge_person_id"))

    op.drop_table("badge")
    with op.batch_alter_table("acknowledgement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_acknowledgement_person_id"))

    op.drop_table("acknowledgement")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_area_id_done_at_due_at"))

    op.drop_table("task")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_firm_id"))

    op.drop_table("person")
    with op.batch_alter_table("home", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_home_postcode"))
        batch_op.drop_index(batch_op.f("ix_home_area_id"))

    op.drop_table("home")
    with op.batch_alter_table("typed_try", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_typed_try_badge_id_at"))

    op.drop_table("typed_try")
    with op.batch_alter_table("scan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scan_badge_id_hour"))

    op.drop_table("scan")
    op.drop_table("policy_version")
    op.drop_table("imported_row")
    op.drop_table("firm")
    with op.batch_alter_table("failed_sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_failed_sign_in_who_at"))

    op.drop_table("failed_sign_in")
    op.drop_table("code_version")
    op.drop_table("area")
    with op.batch_alter_table("access_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_record_person_id_at"))
        batch_op.drop_index(batch_op.f("ix_access_record_at"))

    op.drop_table("access_record")
