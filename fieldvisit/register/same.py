"""Is this the same person, perhaps by another account? Whoever shares a telephone or an address of e-mail counts as one (N1)."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.roles import Role
from fieldvisit.register.models import Person


def reach(email: str | None, phone: str) -> frozenset[str]:
    """The ways to reach somebody, written so that the same ones are equal."""
    digits = "".join(letter for letter in phone if letter.isdigit())
    return frozenset(found for found in ((email or "").strip().lower(), digits) if found)


def is_same(person: Person, other: Person) -> bool:
    return person.id == other.id or bool(reach(person.email, person.phone) & reach(other.email, other.phone))


def same_ids(session: Session, ids: Collection[str], role: Role | None = None) -> frozenset[str]:
    """These, and whoever is the same person as one of them. role: of the others, where only that one matters."""
    if not ids:
        return frozenset()
    query = select(Person.id, Person.email, Person.phone)
    ways = {way for row in session.execute(query.where(Person.id.in_(ids))) for way in reach(row.email, row.phone)}
    if not ways:
        return frozenset(ids)
    others = session.execute(query.where(Person.role == role) if role else query)
    return frozenset(ids) | {row.id for row in others if reach(row.email, row.phone) & ways}
