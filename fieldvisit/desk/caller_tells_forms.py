"""What somebody says on the telephone of a hazard, or complains of: parsed. Decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from fieldvisit.complaints.forms import NewForm
from fieldvisit.complaints.forms import read_new as read_complaint_form
from fieldvisit.ground.clock import in_london, say_time
from fieldvisit.hazards.forms import LONG, SHORT
from fieldvisit.hazards.forms import read_report as read_hazard_form
from fieldvisit.visits.plan_forms import HomeSearch, Typed
from fieldvisit.visits.plan_forms import read_search as read_home

NO_HOME = "We have no one home there. Check the postcode and the house with them, or write the UPRN."
CHANNEL = "phone"
_HOME = ("new_postcode", "new_house", "new_uprn")
# What is wrong stands in the page's order.
HAZARD_BOXES = (
    "", "new_dangers", *_HOME, "new_hazard", "new_seen", "new_at_risk", "new_emergency", "new_teller", "new_on", "new_at",
)  # fmt: skip
COMPLAINT_BOXES = (
    "", "new_channel", "new_words", "new_wants", "new_wanted", "new_name", "new_contact", "new_safe", "new_representative",
    "new_authority", *_HOME, "new_hazard", "new_hazard_seen", "new_on", "new_at",
)  # fmt: skip
# What a draft keeps of each page: characters at most; what is ticked may be several.
_WHEN = {"new_at": 40} | dict.fromkeys(("new_on-day", "new_on-month", "new_on-year"), 20)
_OF_BOTH = {"new_postcode": 12, "new_house": 60, "new_uprn": 20, "new_hazard": 64} | _WHEN
HAZARD_KEPT = _OF_BOTH | {"new_dangers": 8, "new_seen": LONG, "new_emergency": 8, "new_teller": SHORT}
COMPLAINT_KEPT = _OF_BOTH | {
    "new_words": LONG, "new_wants": LONG, "new_wanted": 8, "new_name": SHORT, "new_contact": SHORT, "new_safe": SHORT,
    "new_representative": SHORT, "new_authority": SHORT, "new_hazard_seen": LONG,
}  # fmt: skip
_TICKED = ("new_at_risk",)


@dataclass(frozen=True, slots=True)
class HazardTold:
    """told_at: when they rang (aware UTC), from which its clocks run. teller: who rang, and how to reach them."""

    home: HomeSearch
    told_at: datetime
    hazard: str
    at_risk: tuple[str, ...]
    emergency: bool
    seen: str
    teller: str


def read_hazard(typed: Typed, hazards: tuple[str, ...], now: datetime) -> HazardTold:
    body, words, told_at = read_hazard_form(typed, hazards, now)
    if told_at > now:
        typed.wrong("new_on", "That is in the future. Say when they rang.")
    home, teller = _home(typed, needed=True), typed.words("new_teller", most=SHORT)
    _put_in_order(typed, HAZARD_BOXES)
    return HazardTold(
        home, told_at, body["hazard"] or "", tuple(body["at_risk"]), body["emergency"], words["seen"], teller
    )


def read_complaint(typed: Typed, hazards: tuple[str, ...], now: datetime) -> tuple[NewForm, HomeSearch | None]:
    """The home is None where none was typed: then an officer finds it."""
    read = read_complaint_form(typed, hazards, now)
    if read.channel != CHANNEL:
        typed.wrong("", "This page is for what was said on the telephone.")
    home = _home(typed, needed=False)
    _put_in_order(typed, COMPLAINT_BOXES)
    return read, home if home.uprn or home.postcode else None


def typed_in(typed: Typed, kept: Mapping[str, int], form_key: str) -> dict[str, Any]:
    """As typed, whole or half, for the draft."""
    words = {name: typed.text(name, most)[:most] for name, most in kept.items()}
    ticked = {name: [code[:64] for code in typed.many(name)] for name in _TICKED}
    return words | ticked | {"k": form_key}


def gone_on_with(draft: Mapping[str, Any], began_at: datetime) -> Typed:
    """The page as it was. They rang when it was begun, unless it says otherwise: a clock of the law runs from then."""
    when = {name: draft.get(name, "") for name in _WHEN}
    if not any(when.values()):
        then = in_london(began_at)
        when = {"new_on-day": f"{then.day}", "new_on-month": f"{then.month}", "new_on-year": f"{then.year}"}
        when["new_at"] = say_time(then.time())
    return Typed(MultiDict({**draft, **when}))


def _put_in_order(typed: Typed, boxes: tuple[str, ...]) -> None:
    typed.errors = {box: typed.errors[box] for box in (*boxes, *typed.errors) if box in typed.errors}


def _home(typed: Typed, *, needed: bool) -> HomeSearch:
    """Exact: a home is named here, and nobody looks around (security 2: 'exact match only')."""
    typed_home = Typed.nothing(
        uprn=typed.text("new_uprn", 20), postcode=typed.text("new_postcode", 12), house=typed.text("new_house", 60)
    )
    found = read_home(typed_home)
    said = bool(found.uprn or found.postcode or found.house)
    if "uprn" in typed_home.errors:
        typed.wrong("new_uprn", typed_home.errors["uprn"])
    if (needed or said) and not (found.uprn or found.postcode):
        typed.wrong("new_postcode", "Ask for the postcode, or write the UPRN.")
    if (needed or said) and not (found.uprn or found.house):
        typed.wrong("new_house", "Ask for the house number or name, or write the UPRN.")
    return found
