"""A small invented council for tests: two areas, five homes, two firms, one person of every role.

North: homes 1-3, officers olive (scheduler) and dora (duty). South: homes 4-5, officer otto (scheduler).
Brightwater Heating: operatives asha and ben, manager mona. Oakline Repairs: operative carl, manager omar.
Council-wide: hana (call handler), lena (safeguarding lead), ines (investigator), adam (administrator), aud (auditor).
Everybody who visits homes has a good badge, a signed code, and training and insurance in date.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session

from fieldvisit.badges.portraits import portrait
from fieldvisit.badges.service import issue
from fieldvisit.codes.models import CodeVersion
from fieldvisit.codes.service import sign
from fieldvisit.db import Database
from fieldvisit.evidence.clean import clean_portrait
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal
from fieldvisit.register.models import Area, Firm, Home, Household, Person, PersonArea, PersonDuty, Resident
from fieldvisit.register.service import principal_by_id, sign_in

NOW = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)  # a Tuesday; London is on UTC
LONG_AGO = NOW - timedelta(days=400)
PASSWORD = "a long enough password"

T = TypeVar("T")

PEOPLE = (  # ref, role, name, firm, areas, duties
    ("asha", "operative", "Asha Kaur", "Brightwater Heating", (), ()),
    ("ben", "operative", "Ben Okafor", "Brightwater Heating", (), ()),
    ("carl", "operative", "Carl Lindqvist", "Oakline Repairs", (), ()),
    ("mona", "contractor_manager", "Mona Idris", "Brightwater Heating", (), ()),
    ("omar", "contractor_manager", "Omar Fell", "Oakline Repairs", (), ()),
    ("olive", "officer", "Olive Marsh", None, ("North",), ("scheduler",)),
    ("dora", "officer", "Dora Quill", None, ("North",), ("duty",)),
    ("otto", "officer", "Otto Brandt", None, ("South",), ("scheduler", "duty")),
    ("hana", "call_handler", "Hana Petrov", None, ("North", "South"), ()),
    ("lena", "safeguarding_lead", "Lena Osei", None, ("North", "South"), ()),
    ("ines", "investigator", "Ines Vale", None, ("North", "South"), ()),
    ("adam", "administrator", "Adam Reeve", None, (), ()),
    ("aud", "auditor", "Aud Nilsen", None, (), ()),
)
HOMES = (  # uprn, address line, postcode, area, tenant
    ("100030000001", "1 Larch Close", "LE13 9AA", "North", "Terry Moss"),
    ("100030000002", "2 Larch Close", "LE13 9AA", "North", "Priya Nair"),
    ("100030000003", "Flat 3, Mill House", "LE13 9AB", "North", "Joan Abbot"),
    ("100030000004", "4 Quarry Row", "LE14 9BA", "South", "Sami Haddad"),
    ("100030000005", "5 Quarry Row", "LE14 9BA", "South", "Ruth Pell"),
)


@dataclass
class World:
    app: Flask
    database: Database
    policy: Policy
    ids: dict[str, str]  # "asha" -> person id; a UPRN -> home id; "North" -> area id; "Oakline Repairs" -> firm id
    now: datetime = NOW
    phones: dict[str, Any] = field(default_factory=dict)
    clock: Any = None

    def at_the_time(self, moment: datetime, act: Callable[[], T]) -> T:
        """Does something while the server's clock, too, says that moment; then time is as it was."""
        self.clock.move_to(moment)
        try:
            return act()
        finally:
            self.clock.move_to(self.now)

    def principal(self, ref: str, at: datetime | None = None) -> Principal:
        with self.database.reading(None) as session:
            return principal_by_id(session, self.ids[ref], at or self.now)

    def client(self, ref: str | None = None) -> FlaskClient:
        """A browser signed in as that person, sending its CSRF token with every form; nobody when `ref` is None."""
        client = self.app.test_client()
        client.environ_base["HTTP_HOST"] = "localhost"
        token = "t" * 40
        with client.session_transaction() as browser:
            browser["csrf_token"] = token
            if ref:
                with self.database.writing(None) as session:
                    browser["_user_id"] = sign_in(session, session.get_one(Person, self.ids[ref]), self.now)
                browser["_fresh"] = True
        signed = URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(token)
        client.environ_base["HTTP_X_CSRFTOKEN"] = signed
        return client


def seed(session: Session) -> dict[str, str]:
    """Writes the council into an empty database and tells who has which id."""
    ids: dict[str, str] = {}
    for name in ("North", "South"):
        session.add(area := Area(name=name))
        session.flush()
        ids[name] = area.id
    for name in ("Brightwater Heating", "Oakline Repairs"):
        session.add(firm := Firm(name=name, insurance_until=date(2027, 6, 30)))
        session.flush()
        ids[name] = firm.id
    for uprn, line, postcode, area_name, tenant in HOMES:
        home = Home(uprn=uprn, address_line=line, postcode=postcode, town="Melton Mowbray", area_id=ids[area_name])
        session.add(home)
        session.flush()
        session.add(Household(home_id=home.id, contact_safety=dict.fromkeys(("letter", "phone", "sms"), "safe")))
        session.add(
            Resident(ref=f"T-{uprn[-1]}", home_id=home.id, role="tenant", name=tenant, phone=f"0770090010{uprn[-1]}")
        )
        ids[uprn] = home.id
    code = CodeVersion(
        document="ME", version="1.0", status="live", live_from=date(2025, 6, 2), binds=["operative", "officer"],
        text_sha256="0" * 64,
    )  # fmt: skip
    session.add(code)
    session.flush()
    ids["ME 1.0"] = code.id
    for number, row in enumerate(PEOPLE, start=1):
        _person(session, ids, code, number, *row)
    return ids


def _person(
    session: Session, ids: dict[str, str], code: CodeVersion, number: int, ref: str, role: str, name: str,
    firm: str | None, areas: tuple[str, ...], duties: tuple[str, ...],
) -> None:  # fmt: skip
    person = Person(
        ref=ref,
        role=role,
        name=name,
        email=f"{ref}@council.example",
        phone=f"077009002{number:02}",
        firm_id=ids[firm] if firm else None,
        training_until=date(2027, 5, 31),
    )
    session.add(person)
    session.flush()
    ids[ref] = person.id
    for area in areas:
        session.add(PersonArea(person_id=person.id, area_id=ids[area], starts=LONG_AGO))
    for duty in duties:
        for area in areas:
            session.add(PersonDuty(person_id=person.id, duty=duty, area_id=ids[area], starts=LONG_AGO))
    if person.visits_homes:
        person.photo = clean_portrait(portrait(number)).jpeg
        badge = issue(session, person, f"MB-{1000 + number}", expires_on=date(2027, 3, 31), at=LONG_AGO)
        sign(session, person, code, on=date(2025, 11, 1), at=LONG_AGO)
        session.flush()
        ids[f"badge of {ref}"] = badge.id
