"""What receipts add up to, how much a channel may say, what is tried next, and when to stop trying. Pure.

NR-5 rests on this: a text or an e-mail was given when its provider says that it was delivered, and never before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

Safety = Literal["safe", "content_free", "never"]

SENDABLE = ("sms", "email", "letter_first_class", "letter_second_class")
# What each provider's word means to the notice rules (NR-5). Whatever else it says is no news of the tenant.
FAILED = ("temporary-failure", "permanent-failure", "technical-failure")
NR_5 = Clause("Notice rule", "NR-5")
FINAL = ("delivered", *FAILED)
STATUSES = ("taken", "sending", "despatched", *FINAL)


@dataclass(frozen=True, slots=True)
class Heard:
    """One receipt. at: aware, when it happened by the provider's clock."""

    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """delivery: pending (nothing final heard), delivered, or a failure. Instants are aware UTC.

    delivered_at: of the delivery that stands. bounced: it failed after it had been delivered.
    """

    delivery: str = "pending"
    delivered_at: datetime | None = None
    despatched_at: datetime | None = None
    bounced: bool = False


def standing(receipts: Iterable[Heard]) -> Standing:
    """The same receipts in any order, any number of times, stand for the same.

    The last final word counts, by the provider's own clock; at one instant a failure outweighs a delivery, because the
    tenant is protected better by a notice that does not count. The first of several deliveries is when it was given.
    """
    heard = frozenset(receipts)
    final = sorted(
        (one for one in heard if one.status in FINAL), key=lambda one: (one.at, one.status != "delivered", one.status)
    )
    despatched = min((one.at for one in heard if one.status == "despatched"), default=None)
    if not final:
        return Standing(despatched_at=despatched)
    last, delivered = final[-1], any(one.status == "delivered" for one in final)
    if last.status == "delivered":
        return Standing("delivered", _first_of_the_last_run(final), despatched)
    return Standing(last.status, None, despatched, bounced=delivered)


def _first_of_the_last_run(final: Sequence[Heard]) -> datetime:
    given = final[-1].at
    for heard in reversed(final):
        if heard.status != "delivered":
            break
        given = heard.at
    return given


def earliest(status: str, written_at: datetime) -> datetime:
    """What is said of a message happened after it was written; a letter's day of despatch is told as its midnight."""
    return london_instant(london_date(written_at)) if status == "despatched" else written_at


# --- how much may be said, and where ------------------------------------------------------------------------------


def may_say(channel: str, marked: Mapping[str, str], *, protected: bool) -> Safety:
    """How much of a visit a channel may tell (security.md T17). marked: channel to safe, content_free or never.

    A protected household is told to ring us and nothing else, whatever a channel is marked; an unmarked channel too:
    details go only where somebody has said that they may.
    """
    letters = channel.startswith("letter")
    said = marked.get("letter" if letters else channel, "content_free")
    if said == "never":
        return "never"
    if protected or said != "safe":
        return "content_free"
    return "safe"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach a household: the number or address, and how much may be said there."""

    channel: str
    to: str
    safety: Safety
    usable: bool = True  # NR-13: the household has not said that it cannot use it


def next_way(ways: Sequence[Way], tried: Iterable[str]) -> Way | None:
    """The next channel to offer after those that were tried: usable, safe to say what the visit is, with an address."""
    done = set(tried)
    open_ways = [way for way in ways if way.usable and way.to and way.safety != "never" and way.channel not in done]
    return next(iter(sorted(open_ways, key=lambda way: (way.safety != "safe", SENDABLE.index(way.channel)))), None)


# --- trying again -------------------------------------------------------------------------------------------------

PAUSES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1))
GIVE_UP = timedelta(hours=12)


def try_again_at(written_at: datetime, tries: int, at: datetime) -> datetime | None:
    """When to try a provider again that did not answer; None, half a day after it was written: a person must know.

    What waited as long for a worker that did not run is not given up for one bad minute.
    """
    if at - written_at >= GIVE_UP and tries >= len(PAUSES):
        return None
    return at + PAUSES[min(tries, len(PAUSES)) - 1]


ASK_AFTER = (timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))


def ask_again_at(taken_at: datetime, at: datetime) -> datetime | None:
    """When to ask the provider what became of a message that it took: callbacks may be lost.

    None after a week: Notify tries a phone for three days, says nothing of letters but when it is asked, and they may
    wait for its printer over a long weekend; after seven days it has forgotten.
    """
    if at - taken_at > timedelta(days=7):
        return None
    waited = at - taken_at
    return next((taken_at + after for after in ASK_AFTER if after > waited), at + timedelta(hours=24))


# --- what a person may say of a message ---------------------------------------------------------------------------

CARRIED = ("screen", "print")  # no provider will ever tell what became of these: somebody does who knows


def sayable(provider: str, channel: str) -> tuple[str, ...]:
    """What a person may say became of a message that this provider took. A mail server tells nobody that an e-mail
    came; that it did not, it writes to the mailbox that it was sent from, where somebody reads it."""
    if provider == "smtp":
        return ("permanent-failure",)
    came = "despatched" if channel.startswith("letter") else "delivered"
    return (came, "permanent-failure") if provider in CARRIED else ()


def may_be_said_of(status: str, happened: datetime, written_at: datetime, at: datetime) -> Verdict:
    """May this have become of it at that moment? All aware UTC. Refuses: in-the-future, before-it-was-written."""
    if happened > at:
        return Refused("in-the-future", "That is in the future. Record it when it has happened.", NR_5)
    if happened < earliest(status, written_at):
        return Refused("before-it-was-written", "That is before the message was written.", NR_5)
    return Allowed()


def may_settle(provider: str, channel: str, status: str, standing: Standing) -> Verdict:
    """May a person say what became of this message? Refuses: waiting, provider-tells, nobody-knows, not-so, said."""
    if not provider:
        return Refused("waiting", "It has not gone out yet. Wait a minute and load this page again.")
    known = sayable(provider, channel)
    if not known:
        return Refused("provider-tells", "The provider tells us what becomes of it. Nobody needs to.", NR_5)
    if status == "delivered" and provider == "smtp":
        return Refused(
            "nobody-knows", "A mail server never says whether an e-mail came, so it gives no notice. Tell them again "
            "another way.", NR_5,
        )  # fmt: skip
    if status == "delivered" and status not in known:
        return Refused("not-so", "A letter counts from the day on which it left the building. Say when that was.", NR_5)
    if status == "despatched" and status not in known:
        return Refused("not-so", "Only a letter leaves the building. Say whether it was delivered.", NR_5)
    if status not in known:
        return Refused("not-so", "Say whether it left, was delivered, or came back.", NR_5)
    if status == "despatched" and standing.despatched_at:
        return Refused("said", "It is on record when this letter left.", NR_5)
    return Allowed()
