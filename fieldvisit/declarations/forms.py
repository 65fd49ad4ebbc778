"""What somebody types about a gift or an interest: parsed, with a sentence for what cannot be read. Decides nothing."""

from dataclasses import dataclass
from datetime import date, datetime, time

from fieldvisit.declarations import interests, rules
from fieldvisit.declarations.interests import Control
from fieldvisit.declarations.rules import Offer
from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.visits.plan_forms import Typed

SENTENCE, LONG, NAME = 400, 2000, 120

# Where the refusal of a rule is shown: beside the box that can lift it.
BOXES = {
    "no-value": "worth", "no-purpose": "purpose", "no-reason": "reason", "with-hr": "what", "no-evidence": "evidence",
    "no-leave": "leave", "no-rank": "rank", "not-agreed": "agrees", "no-name": "name", "no-words": "words",
    "future": "on",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GiftForm:
    offer: Offer
    what: str
    giver_name: str
    firm_id: str
    offered_at: datetime


def read_gift(typed: Typed, now: datetime) -> GiftForm | None:
    giver = typed.choice("giver", rules.GIVERS, "Say who offered it.")
    form = typed.choice("form", rules.FORMS, "Say what was offered.")
    taken = typed.choice("taken", ("yes", "no"), "Say whether you took it.")
    what = typed.words("what", "Say in one sentence what it was, and why they offered it.", SENTENCE)
    pence = _worth(typed)
    reason = typed.words("reason", most=SENTENCE)
    name = typed.words("giver_name", most=NAME)
    offered_at = _when(typed, now)
    if typed.errors or not (giver and form and taken):
        return None
    offer = Offer(
        form=form, giver=giver, accepted=taken == "yes", value_pence=pence, in_return=typed.ticked("in_return"),
        purpose=typed.choice("purpose", rules.PURPOSES) or "", reason=reason,
    )  # fmt: skip
    return GiftForm(offer, what, name, typed.text("firm", 32), offered_at)


def _worth(typed: Typed) -> int | None:
    said = typed.text("worth", 40)
    if not said:
        return None
    pence = rules.read_pence(said)
    if isinstance(pence, str):
        typed.wrong("worth", pence)
        return None
    return pence


def _when(typed: Typed, now: datetime) -> datetime:
    """Today, unless another day is said; then its noon, because nobody asks for the minute."""
    day = typed.day("on")
    if day is None or day == london_date(now):
        return now
    if day > london_date(now):
        typed.wrong("on", "That day has not come yet. Say when it was offered.")
        return now
    return london_instant(day, time(12))


@dataclass(frozen=True, slots=True)
class InterestForm:
    type: str
    who: str
    what: str
    firm_id: str
    begins_on: date | None


def read_interest(typed: Typed) -> InterestForm | None:
    type = typed.choice("type", interests.TYPES, "Choose what kind of interest it is.")
    who = typed.words("who", "Say with whom, or in what.", NAME)
    what = typed.words("what", "Say in one sentence how it touches your work.", SENTENCE)
    begins_on = typed.day("begins")
    return None if typed.errors or not type else InterestForm(type, who, what, typed.text("firm", 32), begins_on)


def read_control(typed: Typed, homes: int, firms: int, people: int) -> Control:
    return Control(
        homes=homes, firms=firms, people=people, reason=typed.words("reason", most=LONG),
        leave=typed.choice("leave", ("granted", "refused")) or "", rank=typed.choice("rank", interests.RANKS) or "",
    )  # fmt: skip


def listed(text: str) -> tuple[str, ...]:
    """What somebody wrote in one box, one on each line or with commas between."""
    return tuple(dict.fromkeys(part.strip() for part in text.replace(",", "\n").splitlines() if part.strip()))[:20]
