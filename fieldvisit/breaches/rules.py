"""Taking a concern about conduct: what may be kept of it, by when somebody looks at it, and what looks like it. Pure."""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from fieldvisit.breaches.case_state import Stage
from fieldvisit.ground.clock import end_of_london_day, london_date, london_instant
from fieldvisit.ground.deadlines import due
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.references import LETTERS, Kind
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

REFERENCE_LENGTH = 7
RECEIPT_LENGTH = 16  # digits, as of T31: nobody finds one by trying, and whoever rings can say it
LIKELY_DAYS = 7  # our own number: what is told twice of the same place within a week may be the same thing
LIKELY_AN_HOUR = (
    30  # our own number: fifteen calls of four minutes, of each the place, and then whom; no more are answered
)
PUBLIC_AN_HOUR = 5  # T40
HOUR = timedelta(hours=1)
WRONG_RECEIPTS = 10  # within an hour, of one network: then no number is looked up there
OLDEST_LETTER = timedelta(days=366)
T40 = Clause("Security", "T40")


class Channel(StrEnum):
    """How a concern came to us. own_page: the tenant's page of a visit; form: the public form; staff: who works here."""

    PHONE = "phone"
    LETTER = "letter"
    EMAIL = "email"
    SOCIAL = "social"
    OWN_PAGE = "own_page"
    FORM = "form"
    STAFF = "staff"


AT_THE_DESK = (Channel.PHONE, Channel.LETTER, Channel.EMAIL, Channel.SOCIAL)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody said, in the order of the script. badge_number: as heard, of a badge that may not be ours.

    about_id: the person whom the caller pointed out, of those who carry a badge. came_on: of a letter, its day.
    told_by_id: of staff, who said it; the same as about_id where somebody reports themselves.
    """

    danger_now: bool
    still_there: bool
    anonymous: bool
    what: str
    caller_name: str = ""
    caller_contact: str = ""
    safe_to_ring: str = ""
    needs: str = ""
    happened_where: str = ""
    happened_when: str = ""
    about_whom: str = ""
    firm: str = ""
    badge_number: str = ""
    about_id: str | None = None
    wants: str = ""
    is_complaint: bool = True
    channel: str = Channel.PHONE
    came_on: date | None = None
    told_by_id: str | None = None
    visit_id: str | None = None
    home_id: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """When a concern came in, as far as it may be kept: of an anonymous one the day alone (threat T31)."""

    on: date
    at: datetime | None


def kept(told: Told) -> Told:
    """Of an anonymous caller nothing that leads back to them, whatever was typed before they asked for it."""
    if not told.anonymous:
        return told
    return replace(
        told, caller_name="", caller_contact="", safe_to_ring="", told_by_id=None, visit_id=None, home_id=None
    )


def received(told: Told, at: datetime) -> Received:
    """A letter counts from the day on which it came, which has no hour."""
    if told.came_on:
        return Received(told.came_on, None)
    return Received(london_date(at), None if told.anonymous else at)


def raised_at(came: Received) -> datetime:
    """When it was first said: the hour of an anonymous call would point at the caller as well as its minute."""
    return came.at or london_instant(came.on)


def looked_at_by(came: Received, policy: Policy) -> datetime:
    return end_of_london_day(policy.working_days.after(came.on, policy.task.concern_wd.value))


class Standing(StrEnum):
    """What is told to whoever holds its receipt, and to nobody else."""

    NONE = "none"  # there is no report with it
    NEW = "new"  # we have it, and nobody has decided what it is
    LATE = "late"  # nor by the day on which somebody was to look at it
    OPEN = "open"  # being looked into
    DONE = "done"  # dealt with


def how_it_stands(
    stages: Collection[str], *, is_joined: bool, is_over: bool, looked_at_by: datetime, at: datetime
) -> Standing:
    """It is looked into from the screening on (D7), and not because it was sent. stages: of the cases that it is part of.
    is_joined: an investigator found that it is one with another."""
    if is_over:
        return Standing.DONE
    if is_joined or any(stage != Stage.REPORTED for stage in stages):
        return Standing.OPEN
    return Standing.NEW if at <= looked_at_by else Standing.LATE


def is_urgent(told: Told) -> bool:
    """P1: the first two questions of the script. Nobody waits for the next working day then."""
    return told.danger_now or told.still_there


def makes_a_complaint(told: Told) -> bool:
    """Q19: both, unless they say no. A complaint needs somebody to answer; what colleagues tell is no complaint."""
    return told.is_complaint and not told.anonymous and told.channel != Channel.STAFF


def complaint_or_not(told: Told) -> str:
    """What is said of it when it was taken: made; said-no, by whoever told it; or nameless, as nobody could be answered."""
    if makes_a_complaint(told):
        return "made"
    return "nameless" if told.is_complaint and told.anonymous else "said-no"


def answered_by(told: Told, came: Received, policy: Policy) -> datetime | None:
    """DR-8: when a complaint is acknowledged. None where there is none."""
    return due("complaint_ack", raised_at(came), policy=policy).due if makes_a_complaint(told) else None


def may_have_come(came_on: date, today: date) -> bool:
    return today - OLDEST_LETTER <= came_on <= today


# --- its names ----------------------------------------------------------------------------------------------------


def identity(form_key: str, told: Told) -> str:
    """Pressed twice is kept once; the same form with other words is another concern, so that no word is lost.

    The key is random and is not kept, so that nobody can find out by trying whether these were the words.
    """
    said: Mapping[str, object] = {name: getattr(told, name) for name in Told.__slots__}
    text = "\n".join([form_key, *(f"{name}={said[name]!r}" for name in sorted(said))])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def identity_of_more(form_key: str, concern_id: str, words: str) -> str:
    """Of what is said later, as `identity`."""
    return hashlib.sha256("\n".join([form_key, concern_id, words]).encode()).hexdigest()[:32]


def reference(identity: str) -> str:
    """Seven letters to read out, made from the identity: whoever presses twice is told the same ones twice."""
    number = int(hashlib.sha256(f"reference {identity}".encode()).hexdigest(), 16)
    letters = ""
    for _ in range(REFERENCE_LENGTH):
        number, letter = divmod(number, len(LETTERS))
        letters += LETTERS[letter]
    return f"{Kind.CONCERN}-{letters}"


def in_groups(reference: str) -> tuple[str, str]:
    """Four and three, as people read them back."""
    letters = reference.removeprefix(f"{Kind.CONCERN}-")
    return letters[:4], letters[4:]


def reference_typed(typed: str) -> str:
    """'c abcd efg' as C-ABCDEFG; empty where it cannot be one."""
    letters = re.sub(r"[^0-9A-Za-z]", "", typed).upper()
    if len(letters) == REFERENCE_LENGTH + 1 and letters.startswith(Kind.CONCERN):
        letters = letters[1:]
    return f"{Kind.CONCERN}-{letters}" if len(letters) == REFERENCE_LENGTH and set(letters) <= set(LETTERS) else ""


def receipt(form_key: str, identity: str, key: bytes) -> str:
    """Sixteen digits, as random as the form's key, which is not kept. The same form gives the same ones again (T31)."""
    digest = hmac.digest(key, f"receipt\n{form_key}\n{identity}".encode(), "sha256")
    return f"{int.from_bytes(digest, 'big') % 10**RECEIPT_LENGTH:0{RECEIPT_LENGTH}}"


def receipt_hash(receipt: str, key: bytes) -> str:
    """What is kept of it. Under a key: 16 digits alone could be tried out on a copy of the database."""
    return hmac.digest(key, f"kept\n{receipt}".encode(), "sha256").hex()


def receipt_typed(typed: str) -> str:
    digits = re.sub(r"[\s-]", "", typed)
    return digits if re.fullmatch(r"[0-9]{16}", digits) else ""


def in_fours(receipt: str) -> tuple[str, ...]:
    return tuple(receipt[at : at + 4] for at in range(0, len(receipt), 4))


# --- is it the same thing? ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trace:
    """What is compared of two concerns. person_id: None where nobody was pointed out. on: the day it was told."""

    person_id: str | None
    badge: str
    where: str
    on: date


def trace(told: Told, at: datetime) -> Trace:
    return Trace(told.about_id, told.badge_number, told.happened_where, received(told, at).on)


def is_enough(trace: Trace) -> bool:
    return bool(trace.where and (trace.person_id or trace.badge or home_in(trace.where)))


def asked(trace: Trace, by: str, key: bytes) -> tuple[str, str]:
    """Who asks, and who asks for what: two names under a key, that lead back to neither."""
    what = "\n".join(["asks for", by, trace.person_id or "", _badge(trace.badge), place(trace.where)])
    who, whom = (hmac.digest(key, text.encode(), "sha256").hex() for text in (f"asks\n{by}", what))
    return who, whom


def is_likely(one: Trace, other: Trace) -> bool:
    """The same person, or badge, at the same place within a week: it may be the same thing, told twice. So may it be of
    one and the same home, as most callers know neither: unless it was somebody else there."""
    near = abs((one.on - other.on).days) <= LIKELY_DAYS
    if not near or not place(one.where) or place(one.where) != place(other.where):
        return False
    same = _is_same_person(one, other)
    return bool(home_in(one.where)) if same is None else same


def _is_same_person(one: Trace, other: Trace) -> bool | None:
    """None: of one of them nobody knows it."""
    if one.person_id and other.person_id:
        return one.person_id == other.person_id
    badges = _badge(one.badge), _badge(other.badge)
    return badges[0] == badges[1] if all(badges) else None


def says_name(name: str, *texts: str) -> bool:
    """Is a part of that name, of three letters or more, among these words?"""
    said = set(re.findall(r"[^\W_]+", " ".join(texts).casefold()))
    return any(len(part) >= LEAST_LETTERS and part in said for part in re.findall(r"[^\W_]+", name.casefold()))


def _badge(number: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", number.upper())


_POSTCODE = re.compile(r"\b([A-Z]{1,2}[0-9][0-9A-Z]?) ?([0-9][A-Z]{2})\b")


def place(where: str) -> str:
    """'12, Larch Close, LE13 9AA' and 'number 12 LE139AA' are one place; without a postcode the words decide."""
    text = where.upper()
    words = re.findall(r"[0-9A-Z]+", _POSTCODE.sub(" ", text))
    found = _POSTCODE.search(text)
    numbers = [word for word in words if word[0].isdigit()]
    if found and numbers:
        return f"{numbers[0]} {found[1]}{found[2]}"
    return " ".join([*words, *([f"{found[1]}{found[2]}"] if found else [])])


def home_in(where: str) -> str:
    """The postcode of what names one home, by a number and a postcode; else empty."""
    text = where.upper()
    return (
        postcode_in(where)
        if any(word[0].isdigit() for word in re.findall(r"[0-9A-Z]+", _POSTCODE.sub(" ", text)))
        else ""
    )


def postcode_in(where: str) -> str:
    """The first one, or empty."""
    found = _POSTCODE.search(where.upper())
    return f"{found[1]} {found[2]}" if found else ""


# --- whom is it about? --------------------------------------------------------------------------------------------

LEAST_LETTERS = 3  # of a word that finds somebody


def search_words(asked: str) -> tuple[str, ...]:
    """The whole words that were typed; none where there is too little to find one person by."""
    words = tuple(re.findall(r"[^\W_]+", asked.casefold()))
    return words if any(len(word) >= LEAST_LETTERS for word in words) else ()


def number_asked(asked: str) -> str:
    return re.sub(r"\s", "", asked).upper()


def fits(words: Iterable[str], name: str, firm: str) -> bool:
    """Every word is a whole word of the name or the firm; of a person, one of three letters or more is of the name."""
    of_name, of_firm = (set(re.findall(r"[^\W_]+", text.casefold())) for text in (name, firm))
    words = set(words)
    named = not name or any(word in of_name and len(word) >= LEAST_LETTERS for word in words)
    return named and words <= of_name | of_firm


# --- floods and guesses -------------------------------------------------------------------------------------------


def may_report(told_at: Iterable[datetime], at: datetime) -> Verdict:
    """T40: so many in an hour from one network, then the phone line, where a person listens. told_at: of that network."""
    if sum(at - HOUR < then <= at for then in told_at) < PUBLIC_AN_HOUR:
        return Allowed()
    return Refused("ring", "Several reports came from where you are within the last hour. Please ring us instead.", T40)


def may_look_up(wrong_at: Iterable[datetime], at: datetime) -> bool:
    return sum(at - HOUR < then <= at for then in wrong_at) < WRONG_RECEIPTS


# --- drafts -------------------------------------------------------------------------------------------------------


def draft_dies_at(saved_at: datetime, policy: Policy) -> datetime:
    """What nobody filed goes at the end of the next working day."""
    return end_of_london_day(policy.working_days.after(london_date(saved_at), 1))


# --- does it point to one person? ---------------------------------------------------------------------------------

_POINTERS: Mapping[str, re.Pattern[str]] = {
    "a phone number": re.compile(r"(?:\+44|\b0)(?:[\s-]?\d){9,10}\b"),
    "an e-mail address": re.compile(r"\S+@\S+\.\w"),
    "a postcode": re.compile(r"\b[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}\b"),
    "words such as ‘my name is’ or ‘my flat’": re.compile(
        r"\bmy (?:own )?(?:name|flat|house|home|address|number|husband|wife|son|daughter|mother|father|mum|dad)\b", re.I
    ),
}


def pointers(*texts: str) -> tuple[str, ...]:
    """What in these words may lead to the one who said them. Nothing found is no promise: a person reads them too."""
    text = "\n".join(texts)
    return tuple(name for name, pattern in _POINTERS.items() if pattern.search(text))


# --- merged -------------------------------------------------------------------------------------------------------


def may_merge(one: str, other: str, pairs: Iterable[tuple[str, str]]) -> Verdict:
    """pairs: (what was merged, into what), of links that stand. A chain would hide what was told in the middle of it."""
    pairs = list(pairs)
    if one == other:
        return Refused("same", "That is this concern itself. Choose another one.")
    if any(merged == one for merged, _ in pairs):
        return Refused("merged", "This one is merged already. Take it apart first.")
    if any(merged == other for merged, _ in pairs):
        return Refused("into-merged", "The other one is merged into a third. Merge this one into that.")
    if any(into == one for _, into in pairs):
        return Refused(
            "has-merged", "Others are merged into this one. Merge the other one into this, or take them apart."
        )
    return Allowed()
