"""What the Start page offers: what waits for whoever looks, danger first, and the pages of their work. Pure, and data.

A place stands here with the right that its page asks for; who may not open it does not read of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Right = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """why: what one does there. counts: the name of what waits there (`start_counts.py`), "" where nothing is counted:
    a number is shown to whoever may see the rows that it counts, and to nobody else (N1 to N3)."""

    label: str
    href: str
    right: Right
    why: str
    counts: str = ""


WORK: tuple[Place, ...] = (
    Place("Who is out", "/office/safety", ("watch", "list"), "who is alone at a door, late ones first", "watches"),
    Place("Take a call", "/office/intake", ("concern", "take"), "somebody rings, and you write it down while you listen"),
    Place("Verify a caller", "/office/verify-caller", ("caller", "verify"),
          "is the person at a tenant’s door ours, and due there now"),
    Place("Entries without consent", "/office/entries", ("entry", "list"), "what was asked for, decided and done", "entries"),
    Place("Hazards", "/office/hazards", ("hazard", "list"), "what was seen in homes, and whose clock runs out first", "hazards"),
    Place("Safe", "/safe", ("safe", "open"), "reports about adults and children; what waits there is shown there alone"),
    Place("Conduct cases", "/office/breaches", ("breach", "list"), "the cases in which you sit", "cases"),
    Place("Complaints", "/office/complaints", ("complaint", "list"), "two stages, and what runs out first", "complaints"),
    Place("Write down a complaint", "/office/complaints/new", ("complaint", "make"), "somebody is not content, and told you"),
    Place("Refusals and no access", "/office/refusals", ("access-case", "list"),
          "who said no or did not answer, and what follows", "refusals"),
    Place("Clocks of jobs", "/office/clocks", ("job-clock", "list"), "repairs and safety records for which the law sets a day"),
    Place("Plan a visit", "/office/plan", ("visit", "plan"), "and tell the tenant in time"),
    Place("See the visit log", "/office/visits", ("visit", "list"), "every visit, who came, when, and what happened"),
    Place("My round", "/today", ("round", "read"), "the homes that I visit today"),
    Place("Declarations", "/office/declarations", ("declaration", "list"), "gifts and interests that wait for you"),
    Place("Badges", "/office/badges", ("badge", "suspend"), "stop a badge that is lost or misused"),
    Place("Codes", "/office/codes", ("code", "list"), "versions, who has signed, insurance and training"),
    Place("Message texts", "/office/texts", ("text", "read"), "what tenants are told, and in which languages"),
    Place("Themes and counts", "/office/breaches/report", ("breach", "totals"), "what conduct cases were about, without names"),
)  # fmt: skip
FOR_ALL: tuple[Place, ...] = (
    Place("Another matter", "/concern", ("matter", "write"), "somebody may be harmed or neglected"),
    Place("Report a colleague, or yourself", "/conduct", ("concern", "tell"), "how somebody behaved"),
    Place("Letters to you", "/conduct/letters", ("breach", "own"), "what you were told, and your answer"),
    Place("Declare a gift or an interest", "/declare", ("declaration", "own"), "also a gift that you refused"),
    Place("My codes", "/codes", ("code", "read"), "what binds you, to read and to sign"),
)


@dataclass(frozen=True, slots=True)
class Waits:
    """bad: it cannot wait. what: "2 in alarm"."""

    what: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    place: Place
    waits: tuple[Waits, ...] = ()


def offers(
    places: Iterable[Place], may_open: Callable[[Place], bool], waiting: Mapping[str, tuple[Waits, ...]]
) -> list[Offer]:
    """waiting: by `Place.counts`, of what this person sees. Where something cannot wait stands first, the rest as it is."""
    found = [Offer(place, waiting.get(place.counts, ())) for place in places if may_open(place)]
    return sorted(found, key=lambda offer: not any(each.bad for each in offer.waits))


def counted(places: Iterable[Place], may_open: Callable[[Place], bool]) -> list[str]:
    return [place.counts for place in places if place.counts and may_open(place)]
