"""What may be changed of a household's needs, by whom, and until when a warning stands. Pure."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from fieldvisit.ground.clock import say_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict
from fieldvisit.register.needs import MARKS, REACHED_BY, UNMARKED

LONGEST_PASSWORD = 40  # characters
_T17 = Clause("Security", "T17")
_C3 = Clause("Domain", "C3")
_C16 = Clause("Domain", "C16")


def may_choose(code: str, known: Collection[str], what: str) -> Verdict:
    """what: with its article, for the sentence: "a language"."""
    if code in known:
        return Allowed()
    return Refused("unknown", f"We do not know that as {what}. Choose one from the list.", _C16)


# --- how much may be said where -----------------------------------------------------------------------------------


def may_mark(channel: str, mark: str, *, protected: bool) -> Verdict:
    """Refuses: unknown, protected-home."""
    if channel not in REACHED_BY or mark not in MARKS:
        return Refused("unknown", "Choose how much we may say from the list.", _T17)
    if protected and mark == "safe":
        return Refused(
            "protected-home",
            "This home must be protected, so no way of writing can be marked safe. Take the protection off first.",
            _T17,
        )
    return Allowed()


def may_mark_own(channel: str, mark: str) -> Verdict:
    """For one of several tenants alone: only to say less than the household's mark does. Refuses: unknown."""
    if channel not in REACHED_BY or mark not in MARKS[1:]:
        return Refused("unknown", "Choose how much we may say from the list.", _T17)
    return Allowed()


def may_raise(channel: str, marked: Mapping[str, str], mark: str) -> Verdict:
    """Anybody who takes calls may make us say less; to say more needs an officer who knows the household."""
    known = may_mark(channel, mark, protected=False)
    if not known:
        return known
    if MARKS.index(mark) < MARKS.index(marked.get(channel, UNMARKED)):
        return Refused("lower", "You can make us say less there, not more. Ask an officer of the area.", _T17)
    return Allowed()


def strictest(marked: Mapping[str, str], channel: str, mark: str) -> str:
    """The mark that says least: this one, or the one that stands."""
    return max(mark, marked.get(channel, UNMARKED), key=MARKS.index)


def marks_of_use(marked: Mapping[str, str], *, phone: str, email: str, protected: bool) -> dict[str, str]:
    """Marks after the tenant's own numbers came with the register: what nobody has marked is safe, as it was used.

    A protected home gets none, and a mark that somebody set stands.
    """
    if protected:
        return dict(marked)
    used = ["letter", *(("sms", "phone") if phone else ()), *(("email",) if email else ())]
    return dict.fromkeys(used, "safe") | dict(marked)


def marks_once_protected(marked: Mapping[str, str]) -> dict[str, str]:
    """Nothing stays safe, so that taking the protection off later does not open what was safe once."""
    return {channel: marked.get(channel, UNMARKED).replace("safe", UNMARKED) for channel in REACHED_BY}


def marks_after_a_new_number(marked: Mapping[str, str], channels: Collection[str]) -> dict[str, str]:
    """What was safe was the old number. Nobody has said so of the new one."""
    return {channel: UNMARKED if channel in channels and mark == "safe" else mark for channel, mark in marked.items()}


def own_marks_after_a_new_number(own: Mapping[str, str], channels: Collection[str]) -> dict[str, str]:
    """Of one of several tenants: the others' numbers are as safe as they were."""
    return dict(own) | {channel: strictest(own, channel, UNMARKED) for channel in channels}


def may_hold_letters(until: date, today: date, policy: Policy) -> Verdict:
    """until: a London date; the letters begin again on it."""
    days = policy.people.address_hold_days
    if until <= today:
        return Refused("past", "Choose a day after today.", days.clause)
    if until > today + timedelta(days=180):
        return Refused("too-long", "Hold letters for half a year at most, then look again.", days.clause)
    return Allowed()


def held_until(today: date, policy: Policy) -> date:
    """Somebody has left this address today."""
    return today + timedelta(days=policy.people.address_hold_days.value)


# --- the password at the door -------------------------------------------------------------------------------------


def tidy(text: str) -> str:
    return " ".join(text.split())


def may_set_password(text: str) -> Verdict:
    """At least two words, or one of six letters; never a short number, which would be a bank card's. Empty: none."""
    if not text:
        return Allowed()
    squeezed = "".join(letter for letter in text if letter.isalnum())
    if len(text) > LONGEST_PASSWORD:
        return Refused("too-long", f"Use {LONGEST_PASSWORD} letters or fewer: the worker must say it.", _C3)
    if not text.isprintable():
        return Refused("unsayable", "Use letters and numbers that can be said aloud.", _C3)
    if squeezed.isdecimal() and len(squeezed) < 6:
        return Refused("like-a-pin", "Never use the number of a bank card or a door. Choose two words instead.", _C3)
    if len(squeezed) < 6 and len([word for word in text.split() if any(map(str.isalpha, word))]) < 2:
        return Refused("too-short", "Choose two words, or one word of six letters or more.", _C3)
    return Allowed()


# --- warnings -----------------------------------------------------------------------------------------------------


def review_day(today: date, policy: Policy) -> date:
    """The latest day on which somebody looks at a warning again."""
    return today + timedelta(days=policy.people.precaution_review_days.value)


def may_review_on(day: date, today: date, policy: Policy) -> Verdict:
    setting, last = policy.people.precaution_review_days, review_day(today, policy)
    if day <= today:
        return Refused("past", "Choose a day after today.", setting.clause)
    if day > last:
        sentence = f"A warning stands for {setting.value} days at most. Choose {say_date(last)} or sooner."
        return Refused("too-far", sentence, setting.clause)
    return Allowed()


def is_due(review_on: date, today: date) -> bool:
    return review_on <= today


def may_approve(by: Principal, set_by: str | None, owner_id: str | None) -> Verdict:
    """A second officer: neither whoever set it nor whoever answers for it."""
    if by.person_id in (set_by, owner_id):
        return Refused("same-person", "You set this warning, or answer for it. Another officer must look at it.", _C16)
    return Allowed()


def may_end(by: Principal, owner_id: str | None, area_id: str) -> Verdict:
    """The owner, wherever they work now, or any officer of the area."""
    if by.person_id == owner_id or (by.role is Role.OFFICER and area_id in by.areas):
        return Allowed()
    return Refused("not-yours", "Only its owner or an officer of the area can end a warning. Ask one of them.", _C16)


# --- somebody whom the tenant named -------------------------------------------------------------------------------


def may_name(name: str, reach: str, *, agreed: bool) -> Verdict:
    """A third person's name and number are kept when the tenant has said that we may get in touch with them."""
    if not name or not reach:
        return Refused("incomplete", "Write their name, and a telephone number or an email address.", _C16)
    if not agreed:
        return Refused(
            "not-agreed", "Ask the tenant whether we may get in touch with this person, then tick the box.", _C16
        )
    return Allowed()
