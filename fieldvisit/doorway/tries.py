"""Wrong words and references, and what one network sends, each counted for itself: who guesses at one slows down no other."""

import hashlib
import hmac
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldvisit.doorway.rules import IN_AN_HOUR, WRONG_TRIES, must_wait
from fieldvisit.notices.links import LinkTry, TenantLink, reference_typed


def of_word(link: TenantLink) -> str:
    return _digest("word", link.id)


def of_reference(typed: str) -> str:
    return _digest("reference", reference_typed(typed))


def network_key(secret: bytes) -> bytes:
    return hmac.digest(secret, b"tries of networks 1", "sha256")


def of_network(what: str, net: str, key: bytes) -> str:
    """net: a digest of the asker's network, another one each day. Under a key, so that none leads to another (T31)."""
    return hmac.digest(key, f"{what}\n{net}".encode(), "sha256").hex()


def are_too_many(session: Session, key: str, at: datetime) -> bool:
    recent = select(LinkTry.at).where(LinkTry.key == key, LinkTry.at > at - IN_AN_HOUR)
    return must_wait(session.scalars(recent.limit(10 * WRONG_TRIES)), at)


def count(session: Session, key: str, at: datetime) -> None:
    sweep(session, at)
    session.add(LinkTry(key=key, at=at))


def count_hour(session: Session, key: str, at: datetime) -> None:
    """Of what may be anonymous: the hour that it fell in, and nothing nearer (T31)."""
    count(session, key, at.replace(minute=0, second=0, microsecond=0))


def sweep(session: Session, at: datetime) -> None:
    """Those of more than an hour ago count for nothing any more and go, whosever they were."""
    session.execute(delete(LinkTry).where(LinkTry.at <= at - IN_AN_HOUR))


def _digest(what: str, which: str) -> str:
    return hashlib.sha256(f"{what}\n{which}".encode()).hexdigest()
