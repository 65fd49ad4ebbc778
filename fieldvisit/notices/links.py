"""The tenant's own way in: one link for each visit, its short reference, and the doorstep words.

The link is made of a handle, which is stored, and a digest of it under this home's key, which is not: whoever copies
the database opens no link with it (security.md T15). The words are for two sides of one door: the tenant is shown or
told hers, and the worker must say his (domain C2).
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldvisit.db import Base, Json, random_key
from fieldvisit.notices.signs import new_signs

REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U: read out and typed without mistakes
REFERENCE_LENGTH = 8
_HANDLE = 11  # characters of base64url: 64 random bits
_DIGEST = 22  # 128 bits: what makes a token impossible to guess


class TenantLink(Base):
    """signs: for each way that a household may choose (words, numbers, picture), the tenant's and the worker's."""

    __tablename__ = "tenant_link"
    id: Mapped[str] = random_key()
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), unique=True)
    handle: Mapped[str] = mapped_column(String(12), unique=True)
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    signs: Mapped[dict[str, Any]] = mapped_column(Json)
    made_at: Mapped[datetime]


class LinkTry(Base):
    """A wrong word for a link, or a wrong reference: counted for that one alone. key: a digest of which."""

    __tablename__ = "link_try"
    id: Mapped[str] = random_key()
    key: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]


def new_link(visit_id: str, at: datetime) -> TenantLink:
    return TenantLink(
        visit_id=visit_id,
        handle=secrets.token_urlsafe(8),
        reference="".join(secrets.choice(REFERENCE_LETTERS) for _ in range(REFERENCE_LENGTH)),
        signs=new_signs(),
        made_at=at,
    )


def link_key(secret: bytes) -> bytes:
    """The key of links, from this home's secret."""
    return hmac.digest(secret, b"tenant links 1", "sha256")


def token_of(link: TenantLink, key: bytes) -> str:
    return link.handle + _digest(link.handle, key)


def link_of_token(session: Session, token: str, key: bytes) -> TenantLink | None:
    """The link that this token opens. A wrong one costs the same look into the database."""
    handle, given = token[:_HANDLE], token[_HANDLE:]
    found = session.scalars(select(TenantLink).where(TenantLink.handle == handle)).first()
    right = hmac.compare_digest(given.encode(), _digest(handle, key).encode())
    return found if right else None


def link_of_reference(session: Session, typed: str) -> TenantLink | None:
    reference = reference_typed(typed)
    if len(reference) != REFERENCE_LENGTH:
        return None
    return session.scalars(select(TenantLink).where(TenantLink.reference == reference)).first()


def link_of_visit(session: Session, visit_id: str) -> TenantLink | None:
    return session.scalars(select(TenantLink).where(TenantLink.visit_id == visit_id)).first()


def reference_typed(text: str) -> str:
    """As typed by a person: blanks, hyphens and small letters are forgiven."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def _digest(handle: str, key: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(key, handle.encode(), sha256)[:16]).decode().rstrip("=")
