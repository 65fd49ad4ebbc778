"""Who of a home is told, each for themselves: by their own ways, in their own language. Pure.

Joint tenants are each a party to the tenancy (NR-14 names them beside the tenant). How much a way may say is marked for
the household; one of several tenants may have marks of their own besides, which say less and never more (T17).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fieldvisit.messages.rules import SENDABLE, Way, may_say
from fieldvisit.register.needs_rules import strictest

LETTERS = ("letter_first_class", "letter_second_class")


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody in the register of that home. marks: their own, channel to safe, content_free or never."""

    resident: str
    name: str
    tenant: bool = True
    phone: str = ""
    email: str = ""
    language: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)

    def number(self, channel: str) -> str:
        return self.phone if channel == "sms" else self.email


@dataclass(frozen=True, slots=True)
class Dwelling:
    """What holds for everybody there. address: its lines. marks, unusable: of the household, as they stand today."""

    address: Sequence[str]
    language: str = "en"
    marks: Mapping[str, str] = field(default_factory=dict)
    protected: bool = False
    unusable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Party:
    """One who is told. resident: which of several tenants; None where there is but one, or nobody known.
    ways: all of theirs, safe ones first."""

    resident: str | None
    name: str
    language: str
    ways: tuple[Way, ...]

    def way(self, channel: str) -> Way | None:
        return next((way for way in self.ways if way.channel == channel), None)

    @property
    def safe_ways(self) -> list[Way]:
        return [way for way in self.ways if way.safety == "safe"]


def parties(people: Sequence[Known], home: Dwelling) -> tuple[Party, ...]:
    """Each tenant, in the order of the register. Of one tenant alone: a representative's number stands in for theirs.

    Of several none gets a message on another's number. A representative's stands in where no tenant has any such.
    """
    tenants = [one for one in people if one.tenant]
    if len(tenants) < 2:
        alone = tenants[0] if tenants else None
        first = alone or next(iter(people), None)
        numbers = {channel: _first(channel, people) for channel in SENDABLE}
        return (_party(None, first, alone, numbers, home),)
    others = [one for one in people if not one.tenant]
    return tuple(
        _party(
            one.resident,
            one,
            one,
            {channel: one.number(channel) or _stand_in(channel, tenants, others) for channel in SENDABLE},
            home,
        )
        for one in tenants
    )


def each_once(chosen: Iterable[tuple[Party, Way]]) -> list[tuple[Party, Way]]:
    """Two who share a number and a language are told there once."""
    found: dict[tuple[str, str], tuple[Party, Way]] = {}
    for party, way in chosen:
        found.setdefault((way.to, party.language), (party, way))
    return list(found.values())


def own_marks(household: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The strictest of both: what a household marked safe may not be safe for each of its people."""
    return dict(household) | {channel: strictest(household, channel, mark) for channel, mark in own.items()}


def _party(
    resident: str | None, person: Known | None, tenant: Known | None, numbers: Mapping[str, str], home: Dwelling
) -> Party:
    name = person.name if person else "The tenant"
    marks = own_marks(home.marks, tenant.marks if tenant else {})
    ways = [
        Way(
            channel,
            "\n".join([name, *home.address]) if channel in LETTERS else numbers[channel],
            may_say(channel, marks, protected=home.protected),
            channel not in home.unusable,
        )
        for channel in SENDABLE
    ]
    found = sorted((way for way in ways if way.to), key=lambda way: (not way.usable, way.safety != "safe"))
    return Party(resident, name, (tenant.language if tenant else "") or home.language or "en", tuple(found))


def _first(channel: str, people: Iterable[Known]) -> str:
    return next((number for one in people if (number := one.number(channel))), "")


def _stand_in(channel: str, tenants: Sequence[Known], others: Sequence[Known]) -> str:
    return "" if _first(channel, tenants) else _first(channel, others)
