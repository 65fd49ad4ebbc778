"""What a file of people says about badges and signatures of the code (ruling R10).

A new number is a new badge for as long as the policy says, and suspends the badge that the person had:
nobody bears two. A signature counts for the versions of the code that were in force on the day of signing, and for
no later ones.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldvisit.badges.models import Badge
from fieldvisit.badges.service import hold, issue
from fieldvisit.breaches.case_badges import suspended_since
from fieldvisit.codes.models import Acknowledgement, CodeVersion
from fieldvisit.codes.rules import Who
from fieldvisit.codes.service import sign, versions_binding, who
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.register.import_people import PersonRow, store_people
from fieldvisit.register.imports import CHANGED, Result, Word, refused
from fieldvisit.register.models import Person

NOT_SIGNED = "They have not signed the code of conduct that is in force now, so they cannot visit until they do."


def store_people_with_badges(session: Session, rows: Sequence[PersonRow], at: datetime, policy: Policy) -> list[Result]:
    """One result for each row, in order."""
    owners = _owners(session, [row.badge_name for row in rows if row.badge_name])
    results = {row.ref: _objection(row, owners) for row in rows}
    good = [row for row in rows if results[row.ref] is None]
    stored = dict(zip([row.ref for row in good], store_people(session, good, at, policy), strict=True))
    taken = [row for row in good if stored[row.ref].word is not Word.REFUSED]
    if said := [row for row in taken if row.badge_number or row.code_signed_on]:
        stored |= _record(session, said, stored, owners, at, policy.badge.valid_months.value)
    return [results[row.ref] or stored[row.ref] for row in rows]


def _owners(session: Session, names: Sequence[str]) -> dict[str, str]:
    """Whose badge it is, by the number without its hyphens: at the door people leave them out."""
    if not names:
        return {}
    plain = func.replace(func.upper(Badge.number), "-", "")
    rows = select(plain, Person.ref).join(Badge.person).where(plain.in_(names))
    return dict(session.execute(rows).all())


def _objection(row: PersonRow, owners: Mapping[str, str]) -> Result | None:
    if owners.get(row.badge_name, row.ref) == row.ref:
        return None
    return refused("badge_number", "Somebody else has the badge with this number. A number is never used twice.")


def _record(
    session: Session, rows: Sequence[PersonRow], stored: Mapping[str, Result], owners: Mapping[str, str], at: datetime,
    valid_months: int,
) -> dict[str, Result]:  # fmt: skip
    refs = [row.ref for row in rows]
    people = {person.ref: person for person in session.scalars(select(Person).where(Person.ref.in_(refs)))}
    ids = [person.id for person in people.values()]
    signing, bearing, held = _Signing(session, ids, at), _bearing(session, ids), suspended_since(session, ids)
    results = {}
    for row in rows:
        person, result = people[row.ref], stored[row.ref]
        wrote = False
        if row.badge_number and row.badge_name not in owners:
            for old in bearing.get(person.id, ()):
                hold(old, at)
            badge = issue(session, person, row.badge_number, expires_on=months_on(london_date(at), valid_months), at=at)
            if person.id in held:  # a new number is no way round it, and nothing says why
                hold(badge, held[person.id])
            wrote = True
        if row.code_signed_on:
            wrote |= signing.sign(person, row.code_signed_on)
            if not signing.is_complete(person):
                result = Result(result.word, note=NOT_SIGNED)
        if wrote and result.word is Word.UNCHANGED:
            result = Result(CHANGED.word, note=result.note)
        results[row.ref] = result
    session.flush()
    return results


def _bearing(session: Session, person_ids: Sequence[str]) -> dict[str, list[Badge]]:
    """Those that work, and those that are dark for a while and would come back beside the new one."""
    found: dict[str, list[Badge]] = {}
    kept = ("active", "suspended")
    for badge in session.scalars(select(Badge).where(Badge.person_id.in_(person_ids), Badge.state.in_(kept))):
        found.setdefault(badge.person_id, []).append(badge)
    return found


def months_on(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month: 31 August and six months is 28 February."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


class _Signing:
    """Who of these people has signed what, asked once for all of them."""

    def __init__(self, session: Session, person_ids: Sequence[str], at: datetime) -> None:
        self._session, self._at = session, at
        self._binding: dict[tuple[Who, date], list[CodeVersion]] = {}
        signed = select(Acknowledgement.person_id, Acknowledgement.code_version_id).where(
            Acknowledgement.person_id.in_(person_ids)
        )
        self._signed: set[tuple[str | None, str]] = set(session.execute(signed).all())

    def sign(self, person: Person, on: date) -> bool:
        """Whether anything was signed that had not been."""
        new = [version for version in self._versions(person, on) if (person.id, version.id) not in self._signed]
        for version in new:
            sign(self._session, person, version, on=on, at=self._at)
            self._signed.add((person.id, version.id))
        return bool(new)

    def is_complete(self, person: Person) -> bool:
        """Only who visits homes must have signed: of the others nothing is asked."""
        needed = self._versions(person, london_date(self._at))
        return not person.visits_homes or (bool(needed) and all((person.id, one.id) in self._signed for one in needed))

    def _versions(self, person: Person, on: date) -> list[CodeVersion]:
        key = (who(person), on)
        if key not in self._binding:
            self._binding[key] = versions_binding(self._session, key[0], on)
        return self._binding[key]
