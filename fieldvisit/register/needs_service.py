"""Changing what a household has asked for. Each raises RefusedError with a sentence, and answers whether it changed.

The caller has found the household through whoever asks (`household_at` locks it), and writes the access record.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Refused, RefusedError, insist
from fieldvisit.register import needs_rules as rules
from fieldvisit.register.cells import BadCell, email_of, phone_of
from fieldvisit.register.models import Household, HouseholdContact, Resident
from fieldvisit.register.needs import CHANNELS, LANGUAGES, LETTER_LOOKS, NEEDS, WORD_STYLES

TRUSTED_ADULT, NEIGHBOUR = "trusted_adult", "neighbour"

# What a change sets off besides: slices above the register add theirs (visits/needs_told.py), which it does not know.
SETS_OFF: list[Callable[[Session, Household, datetime], None]] = []


@dataclass(frozen=True, slots=True)
class Named:
    """reach: a telephone number or an e-mail address. agreed: the tenant has said that we may get in touch."""

    name: str
    reach: str
    when_free: str = ""
    agreed: bool = False


def household_at(session: Session, home_id: str) -> Household:
    """The household of that home, locked; made where nothing was ever asked. The home itself must be in sight."""
    wanted = select(Household).where(Household.home_id == home_id).with_for_update()
    if found := session.scalars(wanted).first():
        return found
    with suppress(IntegrityError), session.begin_nested():  # two at one instant make one
        session.add(Household(home_id=home_id))
    return session.scalars(wanted).one()


# --- how we write and what is said at the door --------------------------------------------------------------------


def set_language(session: Session, household: Household, language: str, at: datetime) -> bool:
    """One that a file brought stays, also where it is not on our list. Of one tenant alone it is theirs."""
    insist(rules.may_choose(language, {"en", household.language, *LANGUAGES}, "a language"))
    if len(tenants := tenants_of(session, household.home_id)) == 1:
        tenants[0].language = ""
    return _set(session, household, at, language=language)


def set_own(
    session: Session, household: Household, resident: Resident, language: str, marks: Mapping[str, str], at: datetime
) -> bool:
    """What is one tenant's own, where several rent a home. language: empty, as the household; marks: those that say less."""
    insist(rules.may_choose(language, {"", "en", resident.language, *LANGUAGES}, "a language"))
    for channel, mark in marks.items():
        insist(rules.may_mark_own(channel, mark))
    if (resident.language, resident.contact_safety) == (language, dict(marks)):
        return False
    resident.language, resident.contact_safety = language, dict(marks)
    return _told(session, household, at)


def tenants_of(session: Session, home_id: str) -> Sequence[Resident]:
    wanted = select(Resident).where(Resident.home_id == home_id, Resident.role == "tenant")
    return session.scalars(wanted.order_by(Resident.ref)).all()


def set_letter_look(session: Session, household: Household, look: str, at: datetime) -> bool:
    insist(rules.may_choose(look, LETTER_LOOKS, "a kind of letter"))
    return _set(session, household, at, letter_look=look)


def set_word_style(session: Session, household: Household, style: str, at: datetime) -> bool:
    insist(rules.may_choose(style, WORD_STYLES, "a kind of doorstep word"))
    return _set(session, household, at, word_style=style)


def set_password(session: Session, household: Household, password: str, at: datetime) -> bool:
    """Empty: none any more, and each visit has a word of its own again."""
    password = rules.tidy(password)
    insist(rules.may_set_password(password))
    return _set(session, household, at, password=password)


def set_needs(session: Session, household: Household, codes: Iterable[str], at: datetime) -> bool:
    """A code that this release does not know stays where somebody wrote it down before; it cannot be added."""
    wanted = list(dict.fromkeys(codes))
    for code in wanted:
        insist(rules.may_choose(code, {*NEEDS, *household.needs}, "a need"))
    return _set(session, household, at, needs=wanted)


# --- which channels, and how much they may say --------------------------------------------------------------------


def set_channels(session: Session, household: Household, unusable: Iterable[str], at: datetime) -> bool:
    """unusable: what this household cannot use (NR-13), by the codes of notices."""
    chosen = set(unusable)
    for code in sorted(chosen):
        insist(rules.may_choose(code, CHANNELS, "a way of telling"))
    listed = [code for code in CHANNELS if code in chosen]
    return sorted(household.unusable_channels) != sorted(listed) and _set(
        session, household, at, unusable_channels=listed
    )


def set_contact_safety(session: Session, household: Household, marks: Mapping[str, str], at: datetime) -> bool:
    for channel, mark in marks.items():
        insist(rules.may_mark(channel, mark, protected=household.protected))
    return _set(session, household, at, contact_safety=household.contact_safety | dict(marks))


def raise_contact_safety(session: Session, household: Household, channel: str, mark: str, at: datetime) -> bool:
    insist(rules.may_raise(channel, household.contact_safety, mark))
    return _set(session, household, at, contact_safety=household.contact_safety | {channel: mark})


def protect(session: Session, household: Household, protected: bool, at: datetime) -> bool:
    marks = rules.marks_once_protected(household.contact_safety) if protected else household.contact_safety
    return _set(session, household, at, protected=protected, contact_safety=marks)


def hold_letters(session: Session, household: Household, until: date | None, at: datetime, policy: Policy) -> bool:
    if until:
        insist(rules.may_hold_letters(until, london_date(at), policy))
    return _set(session, household, at, no_letters_until=until)


def set_numbers(
    session: Session, household: Household, resident: Resident, phone: str, email: str, at: datetime
) -> bool:
    """A new number is marked content-free until somebody says that it is safe: what was safe was the old one.

    Of one of several tenants it is their own mark: nobody else's number has changed.
    """
    phone, email = read_phone(phone), read_email(email)
    new = [*(("sms", "phone") if phone != resident.phone else ()), *(("email",) if email != resident.email else ())]
    if not new:
        return False
    resident.phone, resident.email = phone, email
    if resident.role == "tenant" and len(tenants_of(session, household.home_id)) > 1:
        resident.contact_safety = rules.own_marks_after_a_new_number(resident.contact_safety, new)
        return _told(session, household, at)
    marks = rules.marks_after_a_new_number(household.contact_safety, new)
    return _set(session, household, at, contact_safety=marks) or _told(session, household, at)


def read_phone(text: str) -> str:
    """Raises RefusedError, kindly, for what cannot be a telephone number."""
    return _read(phone_of, text, "phone")


def read_email(text: str) -> str:
    return _read(email_of, text, "email")


def _read(reader: Callable[..., str], text: str, column: str) -> str:
    try:
        return reader({column: rules.tidy(text)}, column)
    except BadCell as wrong:
        raise RefusedError(Refused(f"not-a-{column}", wrong.reason)) from wrong


# --- whom they trust ----------------------------------------------------------------------------------------------


def ask_trusted_adult(
    session: Session, household: Household, wanted: bool, at: datetime, named: Named | None = None
) -> bool:
    """ME-3.1f: wait until this adult is there. named: who it is, if the tenant says so; None leaves what is known."""
    changed = _name(session, household, TRUSTED_ADULT, named, at) if wanted and named else False
    if not wanted:
        changed = _forget(session, household, TRUSTED_ADULT)
    return _set(session, household, at, trusted_adult=wanted) or (changed and _told(session, household, at))


def name_neighbour(session: Session, household: Household, named: Named | None, at: datetime) -> bool:
    """None: nobody any more."""
    if named:
        return _name(session, household, NEIGHBOUR, named, at)
    return _forget(session, household, NEIGHBOUR)


def contacts_of(session: Session, home_id: str) -> dict[str, HouseholdContact]:
    found = session.scalars(select(HouseholdContact).where(HouseholdContact.home_id == home_id))
    return {one.kind: one for one in found}


def _name(session: Session, household: Household, kind: str, named: Named, at: datetime) -> bool:
    name, reach, when_free = rules.tidy(named.name), rules.tidy(named.reach), rules.tidy(named.when_free)
    insist(rules.may_name(name, reach, agreed=named.agreed))
    facts = {
        "name": name[:200],
        "reach": read_email(reach) if "@" in reach else read_phone(reach),
        "when_free": when_free[:200],
    }
    known = contacts_of(session, household.home_id).get(kind)
    if known is None:
        session.add(HouseholdContact(home_id=household.home_id, kind=kind, agreed_on=london_date(at), **facts))
        return True
    differs = any(getattr(known, field) != value for field, value in facts.items())
    for field, value in facts.items():
        setattr(known, field, value)
    if differs:
        known.agreed_on = london_date(at)
    return differs


def _forget(session: Session, household: Household, kind: str) -> bool:
    known = contacts_of(session, household.home_id).get(kind)
    if known is not None:
        session.delete(known)
    return known is not None


# --- what every change does ---------------------------------------------------------------------------------------


def _set(session: Session, household: Household, at: datetime, **facts: object) -> bool:
    """Doing it twice is doing it once: only a change sets anything off."""
    differing = {name: value for name, value in facts.items() if getattr(household, name) != value}
    for name, value in differing.items():
        setattr(household, name, value)
    return bool(differing) and _told(session, household, at)


def _told(session: Session, household: Household, at: datetime) -> bool:
    session.flush()
    for tell in SETS_OFF:
        tell(session, household, at)
    return True


def changed(session: Session, household: Household, at: datetime) -> None:
    """For a change that is made elsewhere in the register: sets off what every change sets off."""
    _told(session, household, at)
