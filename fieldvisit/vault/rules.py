"""Who may see a report, who is called when nobody opens it, and what must be settled before a vault starts. Pure.

The steps of a case are in `state.py`, its clocks too.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fieldvisit.ground.policy_types import SafeguardingPolicy
from fieldvisit.ground.settings import Setting
from fieldvisit.ground.verdict import Allowed, Refused, Verdict


class Rank(StrEnum):
    """In the order in which a report goes up."""

    LEAD = "lead"
    DEPUTY = "deputy"
    DIRECTOR = "director"
    OUTSIDE = "outside"
    INVESTIGATOR = "investigator"  # sees what a lead shares, and nothing else


INSIDE = (Rank.LEAD, Rank.DEPUTY)
OUTSIDE_CONTACT = ""  # in the place of a reader: whom the council's settings name, with or without a sign-in


@dataclass(frozen=True, slots=True)
class Who:
    """A reader, as far as the rules need one. person: who that is; empty where nobody else is the same person."""

    id: str
    rank: Rank
    person: str = ""

    @property
    def is_person(self) -> str:
        return self.person or self.id


# --- before a vault starts ----------------------------------------------------------------------------------------

_OWN = ("keep_adult_years", "keep_child_years", "outside_name", "outside_phone", "outside_email")


def what_is_unsettled(settings: SafeguardingPolicy, *, demo: bool) -> list[str]:
    """One sentence for each thing that the council itself must say first (5.3, N1). A vault to try out goes without."""
    return [] if demo else list(_unsettled(settings))


def _unsettled(settings: SafeguardingPolicy) -> Iterator[str]:
    said: dict[str, Setting[object]] = {name: getattr(settings, name) for name in _OWN}
    for name, setting in said.items():
        if setting.default:
            what = (
                "how long reports are kept, by the council's own schedule"
                if name.startswith("keep_")
                else "whom to tell outside the council when a report names everybody inside"
            )
            yield f"safeguarding.{name} says 'project default': the council itself must settle {what}."


# --- who sees (N1, N2) --------------------------------------------------------------------------------------------


def circle(readers: Iterable[Who], excluded: Collection[str]) -> frozenset[str]:
    """The ids of those who may see a case: leads and deputies who are not named in it.

    Where fewer than two people are left, directors as well, because two must agree on its end. Where no lead and no
    deputy is left, whoever has the outside rank too, the contact that the council's settings require (N1): a director
    alone is still the house itself.
    """
    there = [who for who in readers if who.id not in excluded]
    seeing = [who for who in there if who.rank in INSIDE]
    nobody_leads = not seeing
    if len({who.is_person for who in seeing}) < 2:
        seeing += [who for who in there if who.rank is Rank.DIRECTOR]
    if nobody_leads:
        seeing += [who for who in there if who.rank is Rank.OUTSIDE]
    return frozenset(who.id for who in seeing)


def may_see(who: Who, readers: Iterable[Who], excluded: Collection[str], shared: Collection[str] = ()) -> bool:
    """excluded: ids of readers who are named; shared: ids of investigators with whom a lead shared it."""
    if who.id in excluded:
        return False
    if who.rank is Rank.INVESTIGATOR:
        return who.id in shared
    return who.id in circle(readers, excluded)


# --- opening ------------------------------------------------------------------------------------------------------

REASONS = {
    "new": "To read a new report",
    "act": "To decide or record something in this case",
    "review": "To give a second look",
    "asked": "Social care or the police asked",
    "chase": "To chase what became of a referral",
    "over": "Its time is over: to see whether it may be destroyed",
}
COPIES = {
    "referral": "It goes with the referral to social care",
    "asked": "Social care, the police or a court asked for it",
}
SHORTEST_REASON = 10  # characters
LASTS = timedelta(minutes=15)  # what an opening allows: acts on that one case in that one browser
STAY, IDLE = timedelta(minutes=60), timedelta(minutes=10)
WRONG_CODES, WITHIN = 5, timedelta(minutes=10)


def may_open(reason: str, words: str) -> Verdict:
    if reason not in REASONS:
        return Refused("reason", "Choose why you open it.")
    if len(words.strip()) < SHORTEST_REASON:
        return Refused("words", f"Say in {SHORTEST_REASON} characters or more why you open it.")
    return Allowed()


def may_copy(reason: str, to: str, words: str) -> Verdict:
    """to: who gets the copy, as the reader wrote it."""
    if reason not in COPIES:
        return Refused("reason", "Choose what the copy is for.")
    if not to.strip():
        return Refused("to", "Say who gets the copy.")
    if len(words.strip()) < SHORTEST_REASON:
        return Refused("words", f"Say in {SHORTEST_REASON} characters or more why they get it.")
    return Allowed()


def may_try_code(wrong: Sequence[datetime], at: datetime) -> Verdict:
    """wrong: when codes of this reader were wrong."""
    recent = sorted(each for each in wrong if at - each < WITHIN)
    if len(recent) < WRONG_CODES:
        return Allowed()
    opens = recent[-WRONG_CODES] + WITHIN
    minutes = -(-(opens - at) // timedelta(minutes=1))
    return Refused(
        "too-many", f"Too many wrong codes. Try again in {minutes} minute{'' if minutes == 1 else 's'}.",
        not_before=opens,
    )  # fmt: skip


def is_staying(made_at: datetime, seen_at: datetime, at: datetime) -> bool:
    return at - made_at < STAY and at - seen_at < IDLE


def out_at(made_at: datetime, at: datetime) -> datetime:
    """When a page that is shown now is dead: the browser is out then, unless somebody has taken a step."""
    return min(made_at + STAY, at + IDLE)


# --- calling somebody (F45) ---------------------------------------------------------------------------------------


def to_page(
    since: datetime,
    at: datetime,
    readers: Iterable[Who],
    excluded: Collection[str],
    settings: SafeguardingPolicy,
    *,
    danger: bool = False,
) -> frozenset[str]:
    """Ids of all who must have been called by now about something that waits since `since`. Never one who is named.

    Where a rank has nobody left, the next one up is called in its place and at its time. With no lead and no deputy left
    the contact outside is called first (N1), whether or not somebody with that rank can sign in, and with them whoever
    is left. danger: somebody is in danger now; then each is called at the time of the one before, the first at once.
    """
    there = [who for who in readers if who.id not in excluded]
    rungs = [frozenset(who.id for who in there if who.rank is rank) for rank in (*INSIDE, Rank.DIRECTOR)]
    if not rungs[0] and not rungs[1]:
        outside = {who.id for who in there if who.rank is Rank.OUTSIDE}
        rungs = [frozenset({OUTSIDE_CONTACT}) | outside | rungs[2]]
    due = (at - since >= timedelta(minutes=step) for step in page_steps(settings, danger=danger))
    called = [rung for rung, reached in zip(filter(None, rungs), due, strict=False) if reached]
    return frozenset().union(*called)


def page_steps(settings: SafeguardingPolicy, *, danger: bool) -> tuple[int, int, int]:
    """Minutes after which the first, the second and the third are called."""
    lead, deputy, director = (
        each.value for each in (settings.page_lead_min, settings.page_deputy_min, settings.page_director_min)
    )
    return (0, lead, deputy) if danger else (lead, deputy, director)


def called_again(since: datetime, at: datetime, settings: SafeguardingPolicy, *, danger: bool = False) -> int:
    """How many times all of them must have been called again by now, while nobody opens it."""
    over = at - since - timedelta(minutes=page_steps(settings, danger=danger)[-1])
    return max(0, over // timedelta(minutes=settings.page_again_min.value))
