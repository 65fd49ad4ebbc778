"""People from a file: those who sign in, and the tenants and representatives of a home.

No password is ever imported. An empty cell says nothing: it never empties what is known. Badges and signatures of the
code belong to other slices: `desk/import_badges.py`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import SIGNED_IN, Role
from fieldvisit.ground.verdict import Refused
from fieldvisit.register.cells import (
    BadCell,
    code_of,
    day_of,
    email_of,
    language_of,
    line_of,
    list_of,
    needed,
    phone_of,
    uprn_of,
)
from fieldvisit.register.imports import (
    CHANGED,
    IMPORTED,
    UNCHANGED,
    Result,
    area_ids,
    homes_by_uprn,
    refused,
    set_what_differs,
)
from fieldvisit.register.models import Firm, Home, Household, Person, PersonArea, Resident
from fieldvisit.register.needs_rules import held_until, marks_of_use
from fieldvisit.register.needs_service import changed as needs_changed
from fieldvisit.register.rows import Columns
from fieldvisit.register.service import may_manage
from fieldvisit.register.uprn import bare

COLUMNS = Columns(
    ("ref", "role", "name"),
    ("company", "email", "phone", "areas", "badge_number", "code_signed_on", "training_until", "insurance_until",
     "uprn", "language", "unusable_channels", "manager"),
)  # fmt: skip
OF_A_HOME = ("tenant", "representative")
ROLES = (*(role.value for role in Role if role in SIGNED_IN), *OF_A_HOME)
OF_A_FIRM = (Role.OPERATIVE, Role.CONTRACTOR_MANAGER)
NONE = "none"  # the one word that empties a list: a household that can use every channel again

_BADGE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,11}")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Empty or None: the file does not say. unusable_channels: None, not said; (), none."""

    ref: str
    role: str
    name: str
    company: str
    email: str
    phone: str
    areas: tuple[str, ...]
    badge_number: str
    code_signed_on: date | None
    training_until: date | None
    insurance_until: date | None
    uprn: str
    language: str
    unusable_channels: tuple[str, ...] | None
    manager: str = ""  # the reference of whom they answer to

    @property
    def key(self) -> str:
        return self.ref

    @property
    def of_a_home(self) -> bool:
        return self.role in OF_A_HOME

    @property
    def badge_name(self) -> str:
        """MB-1234 and MB1234 are one number to who types it at the door."""
        return self.badge_number.replace("-", "")

    def claims(self) -> dict[str, tuple[str, str]]:
        """What two rows of one file must not say differently: column, then whose it is, then what is said."""
        home = f"of home {bare(self.uprn)}"
        said = {
            "email": ("" if self.of_a_home or not self.email else f"e-mail {self.email}", self.ref),
            "badge_number": (self.badge_name and f"badge {self.badge_name}", self.ref),
            "insurance_until": (self.insurance_until and f"firm {self.company.casefold()}", str(self.insurance_until)),
            # Of joint tenants each has their own.
            "language": (self.language and self.role != "tenant" and f"language {home}", self.language),
        }
        if self.unusable_channels is not None:
            said["unusable_channels"] = (f"channels {home}", ",".join(sorted(self.unusable_channels)))
        return {column: (str(whose), what) for column, (whose, what) in said.items() if whose}


def read_person(cells: Mapping[str, str], channels: tuple[str, ...], today: date) -> PersonRow:
    needed(cells, "ref")
    needed(cells, "role")
    needed(cells, "name")
    role = code_of(cells, "role", ROLES)
    common = {"ref": line_of(cells, "ref", most=64), "role": role, "name": line_of(cells, "name")}
    shared = {"email": email_of(cells), "phone": phone_of(cells)}
    if role in OF_A_HOME:
        return PersonRow(**common, **shared, **_of_a_home(cells, channels))  # type: ignore[arg-type]
    return PersonRow(**common, **shared, **_at_work(cells, role, today))  # type: ignore[arg-type]


def _of_a_home(cells: Mapping[str, str], channels: tuple[str, ...]) -> dict[str, object]:
    if cells.get("badge_number"):
        raise BadCell("badge_number", "A tenant or representative has no badge. Empty this cell, or check the role.")
    return {
        "company": "", "areas": (), "badge_number": "",
        "code_signed_on": None, "training_until": None, "insurance_until": None,
        "uprn": uprn_of(cells), "language": language_of(cells), "unusable_channels": _channels(cells, channels),
    }  # fmt: skip


def _channels(cells: Mapping[str, str], channels: tuple[str, ...]) -> tuple[str, ...] | None:
    listed = list_of(cells, "unusable_channels")
    if not listed:
        return None
    if [word.lower() for word in listed] == [NONE]:
        return ()
    return tuple(code_of({"unusable_channels": word}, "unusable_channels", channels) for word in listed)


def _at_work(cells: Mapping[str, str], role: str, today: date) -> dict[str, object]:
    if role in OF_A_FIRM:
        needed(cells, "company")
    in_a_firm = role in OF_A_FIRM  # the council's own people are of no firm, whatever the file says of their employer
    return {
        "company": line_of(cells, "company") if in_a_firm else "",
        "areas": tuple(line_of({"areas": name}, "areas") for name in list_of(cells, "areas")),
        "badge_number": _badge_number(cells),
        "code_signed_on": _signed(cells, today),
        "training_until": day_of(cells, "training_until"),
        "insurance_until": day_of(cells, "insurance_until") if in_a_firm else None,
        "uprn": "", "language": "", "unusable_channels": None, "manager": line_of(cells, "manager", most=64),
    }  # fmt: skip


def _badge_number(cells: Mapping[str, str]) -> str:
    number = "".join(cells.get("badge_number", "").split()).upper()
    if number and not _BADGE.fullmatch(number):
        raise BadCell("badge_number", "A badge number has at most 12 letters, digits and hyphens, such as MB-1234.")
    return number


def _signed(cells: Mapping[str, str], today: date) -> date | None:
    day = day_of(cells, "code_signed_on")
    if day and day > today:
        raise BadCell("code_signed_on", "This date has not come yet. Write the day on which they signed.")
    return day


# --- into the register --------------------------------------------------------------------------------------------


def store_people(session: Session, rows: Sequence[PersonRow], at: datetime, policy: Policy) -> list[Result]:
    """One result for each row, in order."""
    stored = _store_at_work(session, [row for row in rows if not row.of_a_home], at)
    stored |= _store_residents(session, [row for row in rows if row.of_a_home], at, policy)
    return [stored[row.ref] for row in rows]


def _store_at_work(session: Session, rows: Sequence[PersonRow], at: datetime) -> dict[str, Result]:
    if not rows:
        return {}
    refs = [row.ref for row in rows]
    found = select(Person).where(Person.ref.in_(refs)).options(selectinload(Person.areas), joinedload(Person.firm))
    known = {person.ref: person for person in session.scalars(found)}
    residents = set(session.scalars(select(Resident.ref).where(Resident.ref.in_(refs))))
    owners = _owners_of(session, [row.email for row in rows if row.email])
    results = {row.ref: _objection(row, residents, owners) for row in rows}
    good = [row for row in rows if results[row.ref] is None]
    firms = _firms(session, good)
    areas = area_ids(session, [name for row in good for name in row.areas])
    for row in good:
        firm = firms[row.company.casefold()] if row.company else None
        wanted = {areas[name.casefold()] for name in row.areas}
        results[row.ref] = _store_person(session, row, known.get(row.ref), firm, wanted, at)
    session.flush()
    for row in good:
        if row.manager:
            results[row.ref] = _set_manager(session, row, results[row.ref])
    session.flush()
    return {ref: result for ref, result in results.items() if result is not None}


def _owners_of(session: Session, emails: Sequence[str]) -> dict[str | None, str]:
    rows = select(Person.email, Person.ref).where(Person.email.in_(emails))
    return dict(session.execute(rows).all())


def _objection(row: PersonRow, residents: set[str], owners: Mapping[str | None, str]) -> Result | None:
    if row.ref in residents:
        return refused("ref", "A tenant or representative has this reference. Give this person another.")
    if row.email and owners.get(row.email, row.ref) != row.ref:
        return refused("email", "Somebody else signs in with this e-mail address. Give this person their own.")
    return None


def _firms(session: Session, rows: Iterable[PersonRow]) -> dict[str, Firm]:
    named = {row.company.casefold(): row.company for row in rows if row.company}
    if not named:
        return {}
    firms = {firm.name.casefold(): firm for firm in session.scalars(select(Firm))}
    for key, name in named.items():
        if key not in firms:
            session.add(firm := Firm(id=new_id(), name=name))
            firms[key] = firm
    return firms


def _store_person(
    session: Session, row: PersonRow, person: Person | None, firm: Firm | None, areas: set[str], at: datetime
) -> Result:
    result = UNCHANGED
    if person is None:
        person, result = Person(id=new_id(), ref=row.ref, areas=[]), IMPORTED
        session.add(person)
    said = {"email": row.email, "phone": row.phone, "training_until": row.training_until}
    facts = {"role": row.role, "name": row.name} | {name: value for name, value in said.items() if value}
    changed = set_what_differs(person, facts)
    if (firm.id if firm else None) != person.firm_id:
        person.firm, person.firm_id, changed = firm, firm.id if firm else None, True
    if firm and row.insurance_until and firm.insurance_until != row.insurance_until:
        firm.insurance_until, changed = row.insurance_until, True
    if areas and _set_areas(session, person, areas, at):
        changed = True
    return CHANGED if changed and result is UNCHANGED else result


def _set_manager(session: Session, row: PersonRow, result: Result | None) -> Result:
    """Once everybody of the file is there: a manager may stand below their people. What cannot be is said, and the rest of
    the row stays."""
    person, manager = (
        session.scalars(select(Person).where(Person.ref == ref)).first() for ref in (row.ref, row.manager)
    )
    if person is None or manager is None:
        return refused("manager", "Nobody has this reference. Import the manager too, or correct it.")
    if isinstance(verdict := may_manage(person, manager), Refused):
        return refused("manager", verdict.message)
    if person.manager_id == manager.id:
        return result or UNCHANGED
    person.manager_id = manager.id
    return CHANGED if result in (None, UNCHANGED) else result


def _set_areas(session: Session, person: Person, wanted: set[str], at: datetime) -> bool:
    """An area that the file no longer names ends now; what was is kept (N5)."""
    live = {row.area_id: row for row in person.areas if row.ends is None or row.ends > at}
    for area_id in live.keys() - wanted:
        live[area_id].ends = at
    for area_id in wanted - live.keys():
        session.add(PersonArea(person_id=person.id, area_id=area_id, starts=at))
    return wanted != live.keys()


def _store_residents(session: Session, rows: Sequence[PersonRow], at: datetime, policy: Policy) -> dict[str, Result]:
    if not rows:
        return {}
    refs = [row.ref for row in rows]
    homes = homes_by_uprn(session, [row.uprn for row in rows])
    known = {who.ref: who for who in session.scalars(select(Resident).where(Resident.ref.in_(refs)))}
    at_work = set(session.scalars(select(Person.ref).where(Person.ref.in_(refs))))
    ids = [home.id for home in homes.values()]
    households = {one.home_id: one for one in session.scalars(select(Household).where(Household.home_id.in_(ids)))}
    renters: dict[str, set[Resident]] = {}
    for one in session.scalars(select(Resident).where(Resident.home_id.in_(ids), Resident.role == "tenant")):
        renters.setdefault(one.home_id, set()).add(one)
    results = {}
    for row in rows:
        home = homes.get(bare(row.uprn))
        if row.ref in at_work:
            results[row.ref] = refused("ref", "Somebody who signs in has this reference. Give this person another.")
        elif home is None:
            results[row.ref] = refused("uprn", "No home has this UPRN. Import the homes first.")
        else:
            _hold_old_address(session, known.get(row.ref), home, at, policy)
            here = renters.setdefault(home.id, set())
            results[row.ref] = _store_resident(session, row, known.get(row.ref), home, households, here, at)
    session.flush()
    return results


def _hold_old_address(session: Session, resident: Resident | None, home: Home, at: datetime, policy: Policy) -> None:
    """T17: a letter about somebody who has left is not posted to where others may open it."""
    if resident is None or resident.home_id == home.id:
        return
    left = session.scalars(select(Household).where(Household.home_id == resident.home_id)).first()
    if left:
        left.no_letters_until = held_until(london_date(at), policy)


def _store_resident(
    session: Session, row: PersonRow, resident: Resident | None, home: Home, households: dict[str, Household],
    renters: set[Resident], at: datetime,
) -> Result:  # fmt: skip
    """renters: the tenants of that home so far."""
    result = UNCHANGED
    if resident is None:
        resident, result = Resident(id=new_id(), ref=row.ref, language="", contact_safety={}), IMPORTED
        session.add(resident)
    said = {name: value for name, value in (("email", row.email), ("phone", row.phone)) if value}
    changed = set_what_differs(resident, {"home_id": home.id, "role": row.role, "name": row.name} | said)
    if row.role == "tenant":
        if row.language and (others := renters - {resident}):
            changed |= _own_language(resident, others, row.language, _household(session, home, households).language)
        renters.add(resident)
    changed |= _set_needs(session, row, home, households, at)
    changed |= _mark_what_is_used(session, row, home, households)
    return CHANGED if changed and result is UNCHANGED else result


def _own_language(resident: Resident, others: set[Resident], language: str, households: str) -> bool:
    """Of several tenants each keeps their own: the household's, which the worker reads, is that of the last row."""
    for one in others:
        one.language = one.language or (households if households != language else "")
    return set_what_differs(resident, {"language": language})


def _set_needs(session: Session, row: PersonRow, home: Home, households: dict[str, Household], at: datetime) -> bool:
    needs: dict[str, object] = {}
    if row.language:
        needs["language"] = row.language
    if row.unusable_channels is not None:
        needs["unusable_channels"] = sorted(row.unusable_channels)
    if not needs:
        return False
    household = _household(session, home, households)
    if "unusable_channels" in needs and sorted(household.unusable_channels) == needs["unusable_channels"]:
        del needs["unusable_channels"]  # the same channels in another order are the same channels
    differs = set_what_differs(household, needs)
    if differs:
        needs_changed(session, household, at)
    return differs


def _mark_what_is_used(session: Session, row: PersonRow, home: Home, households: dict[str, Household]) -> bool:
    """The tenant's own numbers, as the landlord uses them: safe, unless somebody has said otherwise (T17)."""
    if row.role != "tenant":
        return False
    household = _household(session, home, households)
    marks = marks_of_use(household.contact_safety, phone=row.phone, email=row.email, protected=household.protected)
    return set_what_differs(household, {"contact_safety": marks})


def _household(session: Session, home: Home, households: dict[str, Household]) -> Household:
    if home.id not in households:
        households[home.id] = Household(
            id=new_id(), home_id=home.id, language="en", unusable_channels=[], contact_safety={}, protected=False
        )
        session.add(households[home.id])
    return households[home.id]
