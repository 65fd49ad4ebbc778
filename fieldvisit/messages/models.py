"""What was written to tenants, word for word, and every receipt that came back. Receipts only ever grow."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldvisit.db import Base, random_key


class Message(Base):
    """One message to one person. Its id is the reference that makes a provider send it once.

    body: as it was composed, with the place for the tenant's own link still empty: the link itself is nowhere stored.
    state: waiting, taken, withdrawn; what became of it after that is in the receipts, and `messages/rules.py::standing`
    reads them. visit_id: None of a test message, which whoever tries a text sends to themselves, and of one about a home.
    resident_id: which of several tenants it is for.
    """

    __tablename__ = "message"
    id: Mapped[str] = random_key()
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visit.id"))
    home_id: Mapped[str | None] = mapped_column(String(32), index=True)  # of one that is about no visit
    resident_id: Mapped[str | None] = mapped_column(String(32))
    notice_id: Mapped[str | None] = mapped_column(String(32), index=True)  # of the notice that this message gives
    kind: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(24))  # sms, email, letter_first_class, letter_second_class
    to: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    look: Mapped[str] = mapped_column(String(12), default="plain")  # plain, large_print, easy_read: of letters
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    template: Mapped[str] = mapped_column(String(64))  # SHA-256 of the text that it was made of
    provider: Mapped[str] = mapped_column(String(12))  # screen, smtp, notify, print; empty until one has it
    provider_id: Mapped[str | None] = mapped_column(String(120), index=True)
    state: Mapped[str] = mapped_column(String(12))
    written_at: Mapped[datetime]
    written_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    taken_at: Mapped[datetime | None]
    receipts: Mapped[list["Receipt"]] = relationship(back_populates="message")
    __table_args__ = (Index(None, "visit_id", "written_at"), Index(None, "written_at", "id"))


class Receipt(Base):
    """What a provider, or a person who posted a letter, said of one message. at: when it happened, as they say."""

    __tablename__ = "receipt"
    id: Mapped[str] = random_key()
    message_id: Mapped[str] = mapped_column(ForeignKey("message.id"))
    message: Mapped[Message] = relationship(back_populates="receipts")
    status: Mapped[str] = mapped_column(String(24))  # taken, sending, delivered, despatched, ...-failure
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(12))  # provider, callback, poll, person
    __table_args__ = (UniqueConstraint("message_id", "status", "at"),)


class MessageText(Base):
    """A council's own wording of one kind of message in one language; the newest counts. Old ones are kept."""

    __tablename__ = "message_text"
    id: Mapped[str] = random_key()
    kind: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(8))  # sms, email, letter
    language: Mapped[str] = mapped_column(String(8))
    version: Mapped[int]
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    checked_by: Mapped[str] = mapped_column(String(80), default="")  # the speaker who read it; empty: still a draft
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    __table_args__ = (UniqueConstraint("kind", "channel", "language", "version"),)
