"""Versions of the codes of conduct, their texts, who was given them, who has read and signed them (D9; ruling R21).

Whoever signs is a person who signs in (`person_id`) or an involved resident or panel member (`involved_id`): one of the
two. Nothing here is ever deleted: an old signature is kept with the text that was signed.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldvisit.codes.version_rules import BINDING, Stage
from fieldvisit.db import Base, random_key


class CodeVersion(Base):
    """significant: asks everybody to sign again. live_from: the day from which it binds; retired_on: from which it does not.

    grace_days, chase_days: as the council's settings said when it went live. is_summary: made for a demo, no council's
    text. offered: a draft that people may read and sign although it binds nobody (reading Q24).
    """

    __tablename__ = "code_version"
    id: Mapped[str] = random_key()
    document: Mapped[str] = mapped_column(String(4))  # ME, MR, MO, AL, HS, or a council's own
    version: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(String(10))  # a Stage
    significant: Mapped[bool] = mapped_column(default=True)
    change: Mapped[str] = mapped_column(default="")  # what is new in it, in a sentence or two
    live_from: Mapped[date | None]
    retired_on: Mapped[date | None]
    binds: Mapped[list[str]] = mapped_column(default=list)  # words of rules.BINDS
    text_sha256: Mapped[str] = mapped_column(String(64))  # of the bytes as they were uploaded
    author: Mapped[str] = mapped_column(default="")
    owner: Mapped[str] = mapped_column(default="")
    review_on: Mapped[date | None]
    approved_by: Mapped[str] = mapped_column(default="")
    approved_on: Mapped[date | None]
    consulted: Mapped[str] = mapped_column(default="")
    consulted_from: Mapped[date | None]
    consulted_until: Mapped[date | None]
    grace_days: Mapped[int] = mapped_column(default=14)
    chase_days: Mapped[int] = mapped_column(default=14)
    is_summary: Mapped[bool] = mapped_column(default=False)
    offered: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (UniqueConstraint("document", "version"),)

    @property
    def stage(self) -> Stage:
        return Stage(self.status)

    @property
    def is_draft(self) -> bool:
        """It binds nobody: no case may rest on it alone (reading Q24)."""
        return self.stage not in (*BINDING, Stage.RETIRED)

    @property
    def called(self) -> str:
        return f"{self.title or self.document}, version {self.version}"


class CodeText(Base):
    """An uploaded document. kind: signed (the text that people sign), html or large_print (the same for those who need it)."""

    __tablename__ = "code_text"
    id: Mapped[str] = random_key()
    code_version_id: Mapped[str] = mapped_column(ForeignKey("code_version.id"))
    kind: Mapped[str] = mapped_column(String(12))
    media_type: Mapped[str] = mapped_column(String(20))  # text/html or application/pdf, by what is in it
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    __table_args__ = (UniqueConstraint("code_version_id", "kind"),)


class CodeStep(Base):
    """What was done with a version, by whom: only ever added to."""

    __tablename__ = "code_step"
    id: Mapped[str] = random_key()
    code_version_id: Mapped[str] = mapped_column(ForeignKey("code_version.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    body: Mapped[dict[str, Any]]


class CodeIssue(Base):
    """That somebody was given a version, and how far they have read. parts: sections of the text; part: the furthest.
    document_at: when the uploaded document, in any of its formats, was first handed to them."""

    __tablename__ = "code_issue"
    id: Mapped[str] = random_key()
    code_version_id: Mapped[str] = mapped_column(ForeignKey("code_version.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    involved_id: Mapped[str | None] = mapped_column(ForeignKey("involved_person.id"))
    issued_at: Mapped[datetime]
    part: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime | None]
    document_at: Mapped[datetime | None]
    format: Mapped[str] = mapped_column(String(12), default="")
    __table_args__ = (
        UniqueConstraint("person_id", "code_version_id"),
        UniqueConstraint("involved_id", "code_version_id"),
    )


class CodeQuestion(Base):
    """Asked of the manager before signing. kind: question, or paper (a printed copy, please: MO-9a2)."""

    __tablename__ = "code_question"
    id: Mapped[str] = random_key()
    code_version_id: Mapped[str] = mapped_column(ForeignKey("code_version.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    involved_id: Mapped[str | None] = mapped_column(ForeignKey("involved_person.id"))
    kind: Mapped[str] = mapped_column(String(8))
    said: Mapped[str]
    asked_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    form_key: Mapped[str] = mapped_column(String(32), unique=True)


class Acknowledgement(Base):
    """'I have read, understood and agree': kept for ever with the version that was signed.

    text_sha256: of the text that was signed; empty in what was imported. drawn: the strokes. paper: a scan, cleaned; it
    counts once a second person has looked at it.
    """

    __tablename__ = "acknowledgement"
    id: Mapped[str] = random_key()
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    involved_id: Mapped[str | None] = mapped_column(ForeignKey("involved_person.id"), index=True)
    code_version_id: Mapped[str] = mapped_column(ForeignKey("code_version.id"))
    signed_on: Mapped[date]
    recorded_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(default="")
    position: Mapped[str] = mapped_column(default="")
    organisation: Mapped[str] = mapped_column(default="")
    text_sha256: Mapped[str] = mapped_column(String(64), default="")
    how: Mapped[str] = mapped_column(String(8), default="file")  # of rules.WAYS
    drawn: Mapped[str] = mapped_column(default="", deferred=True)
    paper: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    scanned_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    countersigned_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    countersigned_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("person_id", "code_version_id"),
        UniqueConstraint("involved_id", "code_version_id"),
    )

    @property
    def counts(self) -> bool:
        return self.how != "paper" or self.countersigned_at is not None


class TrainingRecord(Base):
    """kind: of training.KINDS. A record never goes: a newer one of its kind takes its place."""

    __tablename__ = "training_record"
    id: Mapped[str] = random_key()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str]
    done_on: Mapped[date]
    expires_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    form_key: Mapped[str] = mapped_column(String(32), unique=True)
