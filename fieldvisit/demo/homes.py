"""Sixty homes in three areas, their tenants, and what four of the households have asked of us."""

import random
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.demo.people import AREAS, Cast
from fieldvisit.register.models import Home, Household, Resident

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

# Place in its area (from 0) of the homes that ask something of us; ordinary visits use the others.
TRUSTED_ADULT, PROTECTED, LANGUAGE = ("North", 1), ("North", 2), ("Vale", 3)
NO_TEXTS = ("Town", 4)
ASKING = (TRUSTED_ADULT, PROTECTED, LANGUAGE, NO_TEXTS)


@dataclass(frozen=True, slots=True)
class Place:
    home_id: str
    area: str
    number: int  # from 0, in its area


def seed_homes(session: Session, cast: Cast, seed: int) -> list[Place]:
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
    return places


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
    household = Household(home_id=home.id)
    if place == TRUSTED_ADULT:
        household.trusted_adult, household.precautions = True, ["wait_longer"]
    elif place == NO_TEXTS:
        household.unusable_channels, household.precautions = ["sms"], ["knock_loudly", "large_print"]
    elif place == PROTECTED:
        household.protected, household.precautions = True, ["call_first"]
    elif place == LANGUAGE:
        household.language = "pl"
    session.add(household)


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
