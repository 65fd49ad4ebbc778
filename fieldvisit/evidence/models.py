"""A key for each home, wrapped: the rows that nobody but system work reads, and whose deletion is erasure."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldvisit.db import Base, nobody, protect, random_key


class SubjectKey(Base):
    """Under it lie the photos and signatures of one home; it goes with the last of them (security.md 5.1).

    wrapped: under the key of `keys/evidence.kek` whose mark is `kek`, bound to this row and this home.
    """

    __tablename__ = "subject_key"
    id: Mapped[str] = random_key()
    subject_id: Mapped[str] = mapped_column(ForeignKey("home.id"), unique=True)
    kek: Mapped[str] = mapped_column(String(16), index=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]

    @property
    def about(self) -> str:
        """What the wrapped key is bound to."""
        return f"fv1|subject_key|{self.id}|{self.subject_id}"


protect(SubjectKey, lambda _asking: nobody())
