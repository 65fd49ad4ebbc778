"""Sixty homes in three areas, their tenants, and what some of the households have asked of us."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.demo.people import AREAS, Cast
from fieldvisit.register.models import Home, Household, HouseholdContact, Precaution, Resident

EACH_AREA = 20
FIRST_UPRN = 100_030_000_001
TOWNS = {"North": ("Melbury", "LE13"), "Town": ("Melbury", "LE13"), "Vale": ("Harby Vale", "LE14")}
STREETS = {
    "North": ("Larch Close", "Quarry Row"),
    "Town": ("Mill House, Weir Lane", "Tanners Yard"),
    "Vale": ("Orchard View", "Chapel Rise"),
}
FIRST = (
    "Agnes", "Amir", "Bela", "Bronwen", "Callum", "Dalia", "Edith", "Farid", "Gareth", "Hilda", "Imran", "Joan", "Kofi",
    "Lorna", "Marek", "Nadia", "Olga", "Priya", "Ruth", "Sami", "Terry", "Una", "Victor", "Winifred", "Yusuf", "Zara",
)  # fmt: skip
LAST = (
    "Abbot", "Birch", "Calder", "Dunmore", "Ellery", "Fenwick", "Garrow", "Haddad", "Inglis", "Jarman", "Kestrel",
    "Lomax", "Moss", "Nair", "Orme", "Pell", "Quaye", "Reddy", "Sorrel", "Tindall", "Usher", "Varga", "Whitlow",
)  # fmt: skip

# Place in its area (from 0) of the homes that visits of one kind need; ordinary visits use the others.
TRUSTED_ADULT, PROTECTED, LANGUAGE = ("North", 1), ("North", 2), ("Vale", 3)
NO_TEXTS = ("Town", 4)
ASKING = (TRUSTED_ADULT, PROTECTED, LANGUAGE, NO_TEXTS)
OWN_ADULT = ("Marian Holt", "01632960131", "after 5pm")  # whom the tenant of TRUSTED_ADULT trusts

# What households ask for, by the place of their home. The other homes ask for nothing.
ASKED: dict[tuple[str, int], dict[str, Any]] = {
    TRUSTED_ADULT: {"trusted_adult": True, "needs": ["wait_longer", "easy_read"], "letter_look": "easy_read"},
    PROTECTED: {"protected": True, "needs": ["call_first"], "contact_safety": {}},
    LANGUAGE: {"language": "pl", "word_style": "numbers"},
    NO_TEXTS: {"unusable_channels": ["sms"], "needs": ["knock_loudly", "large_print"], "letter_look": "large_print"},
    ("North", 5): {"needs": ["bsl", "text_first"], "unusable_channels": ["phone", "voicemail"]},
    ("North", 6): {"language": "ur", "needs": ["female_worker", "shoes_off"], "word_style": "picture"},
    ("Town", 6): {"password": "blue kettle", "needs": ["say_aloud"]},
    ("Town", 7): {"contact_safety": {"sms": "content_free", "phone": "safe", "letter": "safe"}},
    ("Vale", 6): {"contact_safety": {"sms": "safe", "phone": "safe", "letter": "never"}},
}
# Warnings with somebody who answers for them: the home, the code, the officer.
WARNED = ((("Town", 8), "two_person", "olive"), (("North", 7), "dog", "olive"))


@dataclass(frozen=True, slots=True)
class Place:
    home_id: str
    area: str
    number: int  # from 0, in its area


def seed_homes(session: Session, cast: Cast, seed: int, today: date) -> list[Place]:
    chance = random.Random(f"homes {seed}")  # noqa: S311 - a name, not a secret
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    chance.shuffle(names)
    numbers = [f"07700900{number:03}" for number in range(900)] + [f"01632960{number:03}" for number in range(100, 130)]
    chance.shuffle(numbers)
    places: list[Place] = []
    for area in AREAS:
        for number in range(EACH_AREA):
            uprn = FIRST_UPRN + len(places)
            home = _home(session, area, number, uprn, cast)
            places.append(Place(home.id, area, number))
            _household(session, home, (area, number))
            _resident(session, home, "tenant", names.pop(), numbers.pop())
            if (area, number) == TRUSTED_ADULT:
                _resident(session, home, "representative", names.pop(), numbers.pop())
    session.flush()
    _warn(session, cast, places, today)
    return places


def _warn(session: Session, cast: Cast, places: list[Place], today: date) -> None:
    at = {(place.area, place.number): place.home_id for place in places}
    for place, code, owner in WARNED:
        since, until = today - timedelta(days=100), today + timedelta(days=200)
        owner_id = cast.people[owner]
        session.add(Precaution(home_id=at[place], code=code, owner_id=owner_id, set_on=since, review_on=until))
    name, reach, free = OWN_ADULT
    session.add(
        HouseholdContact(
            home_id=at[TRUSTED_ADULT], kind="trusted_adult", name=name, reach=reach, when_free=free, agreed_on=today
        )
    )


def _home(session: Session, area: str, number: int, uprn: int, cast: Cast) -> Home:
    town, outward = TOWNS[area]
    street = STREETS[area][number * 2 // EACH_AREA]
    door = number % (EACH_AREA // 2) + 1
    line = f"Flat {door}, {street}" if "House" in street else f"{door} {street}"
    home = Home(
        uprn=str(uprn),
        address_line=line,
        street=street.rpartition(", ")[2],
        building=street.partition(", ")[0] if ", " in street else "",
        postcode=f"{outward} 9{'ABC'[AREAS.index(area)]}{'AB'[number * 2 // EACH_AREA]}",
        town=town,
        tenure="social rent",
        area_id=cast.areas[area],
    )
    session.add(home)
    session.flush()
    return home


def _household(session: Session, home: Home, place: tuple[str, int]) -> None:
    """Each tenant has a number: where nobody has said otherwise it is used, and so it is marked safe."""
    used = {"contact_safety": dict.fromkeys(("letter", "phone", "sms"), "safe")}
    session.add(Household(home_id=home.id, **(used | ASKED.get(place, {}))))


def _resident(session: Session, home: Home, role: str, name: str, phone: str) -> None:
    ref = f"{'T' if role == 'tenant' else 'R'}-{home.uprn[-4:]}"
    session.add(Resident(ref=ref, home_id=home.id, role=role, name=name, phone=phone))


def places_of(session: Session, cast: Cast) -> list[Place]:
    """The sixty homes as an earlier load left them."""
    last = FIRST_UPRN + len(AREAS) * EACH_AREA
    wanted = [str(uprn) for uprn in range(FIRST_UPRN, last)]
    rows = session.scalars(select(Home).where(Home.uprn.in_(wanted)).order_by(Home.uprn))
    found = {home.uprn: home.id for home in rows}
    return [
        Place(found[uprn], AREAS[index // EACH_AREA], index % EACH_AREA)
        for index, uprn in enumerate(wanted)
        if uprn in found
    ]
