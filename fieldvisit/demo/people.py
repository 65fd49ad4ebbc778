"""The people of the demo council: one of every role and duty, two firms, eight operatives, and their badges."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.badges.models import Badge
from fieldvisit.badges.portraits import portrait
from fieldvisit.badges.service import badge_of, issue, suspend
from fieldvisit.codes.models import CodeVersion
from fieldvisit.demo.codes import code_versions, renew_signatures, seed_involved, seed_training, sign_all
from fieldvisit.evidence.clean import clean_portrait
from fieldvisit.ground.clock import london_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.register.models import Area, Firm, Person, PersonArea, PersonDuty

AREAS = ("North", "Town", "Vale")
FIRMS = {"brightwater": "Brightwater Heating", "oakline": "Oakline Repairs"}
COUNCIL_WIDE = AREAS
SINCE = timedelta(days=420)  # how long everybody has been in post: longer than the oldest visit

IN_DATE = timedelta(days=200)  # how long badges, training and insurance have yet to run


@dataclass(frozen=True, slots=True)
class Somebody:
    ref: str
    role: str
    name: str
    firm: str = ""  # a key of FIRMS
    areas: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()


PEOPLE = (
    Somebody("asha", "operative", "Asha Kaur", "brightwater"),
    Somebody("ben", "operative", "Ben Okafor", "brightwater"),
    Somebody("cleo", "operative", "Cleo Harrow", "brightwater"),
    Somebody("dev", "operative", "Dev Sandhu", "brightwater"),
    Somebody("eve", "operative", "Eve Tallis", "brightwater"),  # her badge has run out
    Somebody("finn", "operative", "Finn Odell", "brightwater"),  # his badge is suspended
    Somebody(
        "gita", "operative", "Gita Rowan", "brightwater"
    ),  # signed an old version of the code alone: not sent anywhere
    Somebody("carl", "operative", "Carl Lindqvist", "oakline"),  # his firm's insurance has lapsed
    Somebody("mona", "contractor_manager", "Mona Idris", "brightwater"),
    Somebody("omar", "contractor_manager", "Omar Fell", "oakline"),
    Somebody("olive", "officer", "Olive Marsh", areas=("North", "Town"), duties=("scheduler",)),
    Somebody("dora", "officer", "Dora Quill", areas=("North", "Town"), duties=("duty",)),
    Somebody("otto", "officer", "Otto Brandt", areas=("Vale",), duties=("scheduler", "duty")),
    Somebody("vera", "officer", "Vera Lund", areas=("North",)),  # the officer who visits
    Somebody("connor", "officer", "Connor Yeo", areas=COUNCIL_WIDE, duties=("complaints",)),
    Somebody("celia", "officer", "Celia Thorne", areas=COUNCIL_WIDE, duties=("complaints_senior",)),
    Somebody("rafe", "officer", "Rafe Bellamy", areas=COUNCIL_WIDE, duties=("repairs_manager",)),
    Somebody("dilys", "officer", "Dilys Crane", areas=COUNCIL_WIDE, duties=("data_protection",)),
    Somebody("hana", "call_handler", "Hana Petrov", areas=COUNCIL_WIDE),
    Somebody("lena", "safeguarding_lead", "Lena Osei", areas=COUNCIL_WIDE),
    Somebody("ines", "investigator", "Ines Vale", areas=COUNCIL_WIDE),
    Somebody("adam", "administrator", "Adam Reeve"),
    Somebody("aud", "auditor", "Aud Nilsen"),
    Somebody("dina", "safeguarding_lead", "Dina Prowse", areas=COUNCIL_WIDE),  # the lead's deputy
    Somebody("ivan", "investigator", "Ivan Holt", areas=COUNCIL_WIDE),  # whoever looks at a case does not decide it
    Somebody("iris", "investigator", "Iris Bloom", areas=COUNCIL_WIDE),  # nor hears the appeal
)
WITH_A_BADGE = ("asha", "ben", "cleo", "dev", "eve", "finn", "gita", "carl", "vera")
IN_GOOD_STANDING = ("asha", "ben", "cleo", "dev", "vera")
STAND_INS = ("ben", "cleo", "dev")
SCHEDULER = {"North": "olive", "Town": "olive", "Vale": "otto"}
DUTY_OFFICER = {"North": "dora", "Town": "dora", "Vale": "otto"}


@dataclass
class Cast:
    """Who is who: ref, area name or firm key to id."""

    people: dict[str, str] = field(default_factory=dict)
    areas: dict[str, str] = field(default_factory=dict)
    firms: dict[str, str] = field(default_factory=dict)


def email_of(one: Somebody, policy: Policy) -> str:
    house = one.firm or policy.council.short_name.lower().replace(" ", "-")
    return f"{one.ref}@{house}.example"


def seed_people(session: Session, policy: Policy, password_hash: str, today: date) -> Cast:
    cast, since = Cast(), london_instant(today - SINCE)
    for name in AREAS:
        session.add(area := Area(name=name))
        session.flush()
        cast.areas[name] = area.id
    for key, name in FIRMS.items():
        session.add(firm := Firm(name=name, insurance_until=today + IN_DATE))
        session.flush()
        cast.firms[key] = firm.id
    codes = code_versions(session, policy, today)
    for number, one in enumerate(PEOPLE, start=1):
        person = _person(session, cast, one, number, policy, password_hash, since)
        if one.ref in WITH_A_BADGE:
            _may_visit(session, person, number, codes, today, since)
    session.flush()
    seed_training(session, cast.people, today)
    seed_involved(session, cast.areas["North"], codes, today)
    return cast


def _person(
    session: Session, cast: Cast, one: Somebody, number: int, policy: Policy, password_hash: str, since: datetime
) -> Person:
    person = Person(
        ref=one.ref,
        role=one.role,
        name=one.name,
        email=email_of(one, policy),
        phone=f"077009009{number:02}",
        firm_id=cast.firms[one.firm] if one.firm else None,
        password_hash=password_hash,
    )
    session.add(person)
    session.flush()
    cast.people[one.ref] = person.id
    for area in one.areas:
        session.add(PersonArea(person_id=person.id, area_id=cast.areas[area], starts=since))
        for duty in one.duties:
            session.add(PersonDuty(person_id=person.id, duty=duty, area_id=cast.areas[area], starts=since))
    return person


def _may_visit(
    session: Session, person: Person, number: int, codes: list[CodeVersion], today: date, since: datetime
) -> None:
    person.training_until = today + IN_DATE
    person.photo = clean_portrait(portrait(number)).jpeg
    issue(session, person, f"FV-{1000 + number}", expires_on=today + IN_DATE, at=since)
    sign_all(session, person, codes, today)


def let_standing_slip(session: Session, cast: Cast, today: date, at: datetime) -> None:
    """What went wrong since their visits were planned: an expired badge, a suspended one, lapsed insurance."""
    yesterday = today - timedelta(days=1)
    _badge(session, cast, "eve").expires_on = yesterday
    suspend(_badge(session, cast, "finn"), at)
    session.get_one(Firm, cast.firms["oakline"]).insurance_until = yesterday


def renew(session: Session, cast: Cast, today: date) -> None:
    """A home that is kept for months: whose standing was good stays in date. What was stopped stays stopped."""
    session.get_one(Firm, cast.firms["brightwater"]).insurance_until = today + IN_DATE
    for ref in IN_GOOD_STANDING:
        session.get_one(Person, cast.people[ref]).training_until = today + IN_DATE
        _badge(session, cast, ref).expires_on = today + IN_DATE
    renew_signatures(session, IN_GOOD_STANDING, cast.people, today)


def _badge(session: Session, cast: Cast, ref: str) -> Badge:
    badge = badge_of(session, cast.people[ref])
    assert badge, f"{ref} has a badge"
    return badge


def cast_of(session: Session) -> Cast | None:
    """The cast as an earlier load left it; None when this is not, or no longer, the whole demo council."""
    people = {row.ref: row.id for row in session.execute(select(Person.ref, Person.id))}
    areas = {row.name: row.id for row in session.execute(select(Area.name, Area.id))}
    firms = {row.name: row.id for row in session.execute(select(Firm.name, Firm.id))}
    if any(one.ref not in people for one in PEOPLE) or set(AREAS) - set(areas) or set(FIRMS.values()) - set(firms):
        return None
    return Cast(people, areas, {key: firms[name] for key, name in FIRMS.items()})
