"""Who has signed what, and who must have."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.codes.models import Acknowledgement, CodeVersion
from fieldvisit.register.models import Person


def versions_binding(session: Session, role: str, on: date) -> list[CodeVersion]:
    """The live versions that a person of this role must have signed by that London date."""
    live = session.scalars(
        select(CodeVersion)
        .where(CodeVersion.status == "live", CodeVersion.live_from <= on)
        .order_by(CodeVersion.document)
    )
    return [version for version in live if role in version.binds]


def has_signed(session: Session, person: Person, on: date) -> bool:
    needed = {version.id for version in versions_binding(session, person.role, on)}
    signed = set(
        session.scalars(
            select(Acknowledgement.code_version_id).where(
                Acknowledgement.person_id == person.id, Acknowledgement.signed_on <= on
            )
        )
    )
    return bool(needed) and needed <= signed


def sign(session: Session, person: Person, version: CodeVersion, *, on: date, at: datetime) -> None:
    """Signing twice is signing once."""
    already = session.scalars(
        select(Acknowledgement).where(
            Acknowledgement.person_id == person.id, Acknowledgement.code_version_id == version.id
        )
    ).first()
    if already is None:
        session.add(Acknowledgement(person_id=person.id, code_version_id=version.id, signed_on=on, recorded_at=at))
