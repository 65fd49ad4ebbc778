"""What the page of one household shows, and the one home that a caller names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from fieldvisit.desk.household_forms import SaferContact, Shown
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.register import needs
from fieldvisit.register.models import Home, Household, HouseholdContact, Person, PersonArea, Precaution, Resident
from fieldvisit.register.needs_rules import is_due, review_day
from fieldvisit.register.needs_service import contacts_of
from fieldvisit.register.needs_warnings import open_warnings
from fieldvisit.visits.models import Visit
from fieldvisit.visits.plan_forms import HomeSearch, Typed
from fieldvisit.visits.precautions import say_precautions
from fieldvisit.visits.state import ENDED

MOST_VISITS = 20


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning, as the page shows it. label: empty where only another system's code is known."""

    row: Precaution
    label: str
    owner: str
    due: bool
    second: str  # the officer who has looked at it besides


@dataclass(frozen=True, slots=True)
class HouseholdPage:
    home: Home
    household: Household
    residents: Sequence[Resident]
    contacts: dict[str, HouseholdContact]
    told: tuple[str, ...]
    warnings: Sequence[Warned]
    visits: Sequence[Visit]
    officers: Sequence[tuple[str, str]]
    marks: dict[str, str]
    review_by: date

    @property
    def with_own(self) -> list[Resident]:
        """Whose own language and marks are asked for: each of several tenants', and of one alone where some are known."""
        tenants = [one for one in self.residents if one.role == "tenant"]
        return [one for one in tenants if len(tenants) > 1 or one.contact_safety or one.language]


def home_of(session: Session, who: Principal, home_id: str) -> Home | None:
    """A home of the officer's own areas: that they once visited another is no reason to read what it asked for."""
    return session.scalars(select(Home).where(Home.id == home_id, Home.area_id.in_(who.areas))).first()


def page_of(session: Session, home: Home, who: Principal, policy: Policy) -> HouseholdPage:
    today = london_date(who.at)
    household = session.scalars(select(Household).where(Household.home_id == home.id)).first() or nothing_asked(home.id)
    warnings = open_warnings(session, home.id)
    owners = {each for row in warnings for each in (row.owner_id, row.approved_by) if each}
    names: dict[str, str] = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(owners))).all())
    open_visits = select(Visit).where(Visit.home_id == home.id, Visit.stage.not_in(ENDED))
    residents = select(Resident).where(Resident.home_id == home.id).order_by(Resident.role.desc(), Resident.ref)
    return HouseholdPage(
        home=home,
        household=household,
        residents=session.scalars(residents).all(),
        contacts=contacts_of(session, home.id),
        told=say_precautions(
            household.precautions, language=household.language, trusted_adult=household.trusted_adult
        ),
        warnings=[_warned(row, names, today) for row in warnings],
        visits=session.scalars(open_visits.order_by(Visit.window_start, Visit.id).limit(MOST_VISITS)).all(),
        officers=officers_of(session, home.area_id, who),
        marks={channel: household.contact_safety.get(channel, needs.UNMARKED) for channel in needs.REACHED_BY},
        review_by=review_day(today, policy),
    )  # fmt: skip


def nothing_asked(home_id: str) -> Household:
    """Of a home where nobody has asked for anything: for a page, never kept."""
    return Household(
        home_id=home_id, language="en", unusable_channels=[], needs=[], trusted_adult=False, protected=False,
        contact_safety={}, word_style="words", letter_look="plain", password="", no_letters_until=None,
    )  # fmt: skip


def _warned(row: Precaution, names: dict[str, str], today: date) -> Warned:
    owner = names.get(row.owner_id or "", "Somebody who has left") if row.owner_id else ""
    second = names.get(row.approved_by or "", "Somebody who has left") if row.approved_by else ""
    return Warned(row, needs.SENTENCES.get(row.code, ""), owner, is_due(row.review_on, today), second)


def officers_of(session: Session, area_id: str, who: Principal) -> list[tuple[str, str]]:
    """Who may own a warning here: the officers of the area, as of now."""
    stands = (PersonArea.starts <= who.at, or_(PersonArea.ends.is_(None), PersonArea.ends > who.at))
    here = exists(
        select(PersonArea.id).where(PersonArea.person_id == Person.id, PersonArea.area_id == area_id, *stands)
    )
    query = select(Person.id, Person.name).where(Person.role == Role.OFFICER, Person.disabled_at.is_(None), here)
    return [(row.id, row.name) for row in session.execute(query.order_by(Person.name, Person.id).limit(200))]


def forms_on_page(sent: str, typed: Typed | None) -> Callable[[str], Shown]:
    """Asked by name: the form that was sent keeps what was typed, and its key."""

    def form(name: str) -> Shown:
        if typed is not None and name == sent:
            return Shown(typed, True, typed.key) if typed.key else Shown(typed, True)
        return Shown(Typed.nothing(), False)

    return form


def home_named(session: Session, wanted: SaferContact | HomeSearch) -> Home | None:
    """The one home of that address; None where none or several fit."""
    query = select(Home).limit(2)
    if wanted.uprn:
        query = query.where(Home.uprn == wanted.uprn)
    else:
        line, house = func.lower(Home.address_line), wanted.house.lower()
        begins = or_(*(line.startswith(house + end, autoescape=True) for end in (" ", ",")))
        query = query.where(Home.postcode == wanted.postcode, or_(line == house, begins))
    found = session.scalars(query).all()
    return found[0] if len(found) == 1 else None
