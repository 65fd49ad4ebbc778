"""Wrong words and references, and what one network sends, each counted for itself: who guesses at one slows down no other."""

import hashlib
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldvisit.doorway.rules import IN_AN_HOUR, WRONG_TRIES, must_wait
from fieldvisit.notices.links import LinkTry, TenantLink, reference_typed


def of_word(link: TenantLink) -> str:
    return _digest("word", link.id)


def of_reference(typed: str) -> str:
    return _digest("reference", reference_typed(typed))


def of_network(what: str, net: str) -> str:
    """net: a digest of the asker's network, another one each day."""
    return _digest(what, net)


def are_too_many(session: Session, key: str, at: datetime) -> bool:
    recent = select(LinkTry.at).where(LinkTry.key == key, LinkTry.at > at - IN_AN_HOUR)
    return must_wait(session.scalars(recent.limit(10 * WRONG_TRIES)), at)


def count(session: Session, key: str, at: datetime) -> None:
    """Those of more than an hour ago count for nothing any more and go, whosever they were."""
    session.execute(delete(LinkTry).where(LinkTry.at <= at - IN_AN_HOUR))
    session.add(LinkTry(key=key, at=at))


def _digest(what: str, which: str) -> str:
    return hashlib.sha256(f"{what}\n{which}".encode()).hexdigest()
