"""The vault's own tables, in its own database: sealed boxes, cases, acts, who may read, and who did.

No column holds a word that anybody wrote: boxes are as they were sealed, a lead's words are locked under their case's key.
What is only ever added is kept so by triggers (`tables.py`), and no row is ever deleted. When a case's time is over, two
people destroy it: its words and its key go, and the rows stay and say so (`Destruction`).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from fieldvisit.db import Base, Instant, Json, random_key


class VaultBase(DeclarativeBase):
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    type_annotation_map = {datetime: Instant, dict[str, Any]: Json}


class About(VaultBase):
    """One row: which key this database belongs to, and of which version its tables are."""

    __tablename__ = "vault"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    mark: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    watched_at: Mapped[datetime | None]  # when the escalation last looked
    seq: Mapped[int] = mapped_column(default=0)  # of the access record's last line, and its hash
    head: Mapped[str] = mapped_column(String(64), default="")


class Reader(VaultBase):
    """Somebody who may read: a person of the main database, by a second factor that is kept here alone."""

    __tablename__ = "reader"
    id: Mapped[str] = random_key()
    person_id: Mapped[str] = mapped_column(String(32), index=True)
    rank: Mapped[str] = mapped_column(String(16))
    ref: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]
    totp: Mapped[bytes] = mapped_column(LargeBinary)  # locked
    last_step: Mapped[int] = mapped_column(default=0)  # of the last code that was taken: no code works twice
    enrolled_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Case(VaultBase):
    """key: of its words, locked under the vault's own; empty once it was destroyed. The id is by chance: there are no
    numbers that could have gaps."""

    __tablename__ = "safe_case"
    id: Mapped[str] = random_key()
    received_at: Mapped[datetime] = mapped_column(index=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class Box(VaultBase):
    """One sealed report as it came, and what its sender was told. A later one that quotes a receipt joins that case.

    jwe: empty once it was destroyed. danger: its sender says that somebody is in danger now (DR-20).
    """

    __tablename__ = "box"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("safe_case.id"), index=True)
    number: Mapped[str] = mapped_column(String(8), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    jwe: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]  # by the main server: clocks run from here
    taken_at: Mapped[datetime]  # by the vault: only from then on could anybody open it
    signature: Mapped[str] = mapped_column(String(96))
    danger: Mapped[bool] = mapped_column(default=False)

    @property
    def there_since(self) -> datetime:
        """From when on a reader could have opened it: it may have waited on its way here."""
        return max(self.received_at, self.taken_at)


class Exclusion(VaultBase):
    """This reader is named in that case: it is not there for them (N1)."""

    __tablename__ = "exclusion"
    case_id: Mapped[str] = mapped_column(ForeignKey("safe_case.id"), primary_key=True)
    reader_id: Mapped[str] = mapped_column(ForeignKey("reader.id"), primary_key=True)
    at: Mapped[datetime]


class Destruction(VaultBase):
    """The words of this case are gone: after the council's own schedule, by two people. due: when its time was over."""

    __tablename__ = "destruction"
    case_id: Mapped[str] = mapped_column(ForeignKey("safe_case.id"), primary_key=True)
    at: Mapped[datetime]
    due: Mapped[datetime]
    asked_by_id: Mapped[str] = mapped_column(ForeignKey("reader.id"))
    agreed_by_id: Mapped[str] = mapped_column(ForeignKey("reader.id"))
    __table_args__ = (CheckConstraint("at > due", name="not_before"),)


class Act(VaultBase):
    """What was done about a case. facts: codes, times and readers' ids alone; words: what was written, locked."""

    __tablename__ = "act"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("safe_case.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    by_id: Mapped[str] = mapped_column(ForeignKey("reader.id"))
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    form_key: Mapped[str] = mapped_column(String(32), unique=True)
    __table_args__ = (UniqueConstraint("case_id", "position"),)


class Record(VaultBase):
    """The vault's own access record: who asked for what and why, before they were shown it (N6). Chained by a keyed hash."""

    __tablename__ = "record"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    reader_id: Mapped[str] = mapped_column(String(32), index=True)
    action: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(24))
    words: Mapped[bytes | None] = mapped_column(LargeBinary)  # why, in the reader's words, locked under the case's key
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Stay(VaultBase):
    """One browser in which a reader gave a code. Only the hash of its secret is here."""

    __tablename__ = "stay"
    id: Mapped[str] = random_key()
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    reader_id: Mapped[str] = mapped_column(ForeignKey("reader.id"))
    made_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Opening(VaultBase):
    """A case was opened in this browser: for a quarter of an hour its reader may act on it."""

    __tablename__ = "opening"
    id: Mapped[str] = random_key()
    stay_id: Mapped[str] = mapped_column(ForeignKey("stay.id"))
    case_id: Mapped[str] = mapped_column(ForeignKey("safe_case.id"))
    at: Mapped[datetime]
    __table_args__ = (Index(None, "case_id", "at"),)


class Try(VaultBase):
    """A wrong code."""

    __tablename__ = "wrong_code"
    id: Mapped[str] = random_key()
    reader_id: Mapped[str] = mapped_column(ForeignKey("reader.id"))
    at: Mapped[datetime]
    __table_args__ = (Index(None, "reader_id", "at"),)


class Page(VaultBase):
    """Somebody was called to the vault, by a text that says nothing but that. reader_id '': the contact outside."""

    __tablename__ = "page"
    id: Mapped[str] = random_key()
    case_id: Mapped[str] = mapped_column(ForeignKey("safe_case.id"))
    cause: Mapped[str] = mapped_column(String(80))  # which waiting this is about: none is called twice for one
    reader_id: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    way: Mapped[str] = mapped_column(String(8))
    __table_args__ = (UniqueConstraint("case_id", "cause", "reader_id"),)


ADDED_ONLY = (Case, Box, Exclusion, Destruction, Act, Record, Opening, Try)
NEVER_DELETED = (*ADDED_ONLY, About, Reader, Stay, Page)
