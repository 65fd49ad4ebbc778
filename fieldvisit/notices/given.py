"""Was a notice given, and at what instant? NR-2, NR-5 and NR-13 to NR-16. A missing fact is never guessed."""

from datetime import datetime

from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy, Setting
from fieldvisit.ground.verdict import Clause, Refused
from fieldvisit.ground.working_days import BankHolidaysMissing
from fieldvisit.notices.facts import (
    CHANNELS,
    FAILURES,
    IN_WRITING,
    MET_SOMEBODY,
    ORAL,
    YOUNGEST_TENANT,
    Household,
    Notice,
    PlannedVisit,
)


def given_at(notice: Notice, visit: PlannedVisit, household: Household, policy: Policy) -> datetime | Refused:
    """The instant from which the tenant has this notice, aware; or why it does not count for this visit."""
    for objection in (
        _channel_objection(notice, visit, household),
        _content_objection(notice, policy),
        _person_objection(notice, policy),
    ):
        if objection is not None:
            return objection
    return _effective_instant(notice, policy)


def _refused(code: str, rule: str, message: str) -> Refused:
    return Refused(code, message, Clause("Notice rule", rule))


def _channel_objection(notice: Notice, visit: PlannedVisit, household: Household) -> Refused | None:
    what = CHANNELS.get(notice.channel)
    if what is None:
        return _refused("unknown-channel", "NR-16", f"We do not know the channel {notice.channel}.")
    if notice.channel in household.unusable_channels:
        return _refused("unusable-channel", "NR-13", f"This household has told us that it cannot use: {what}.")
    if notice.channel == "voicemail":
        return _refused("voicemail", "NR-5", "A voicemail is never notice: nobody may have heard it.")
    if visit.kind in IN_WRITING and notice.channel in ORAL:
        return _refused("not-written", "NR-2", f"An inspection or safety check needs notice in writing, not {what}.")
    return None


def _content_objection(notice: Notice, policy: Policy) -> Refused | None:
    who_and_why = Clause("Notice rule", policy.clause_id("NR-15"))
    if not notice.states_who:
        return Refused("no-who", "The notice did not say who is coming.", who_and_why)
    if not notice.states_why:
        return Refused("no-why", "The notice did not say why they are coming.", who_and_why)
    if (notice.programme_start is None) != (notice.programme_end is None):
        return _refused("half-programme", "NR-16", "The notice of planned works must name a start and an end date.")
    return None


def _person_objection(notice: Notice, policy: Policy) -> Refused | None:
    """NR-14: a child told is nobody told; face to face or by phone it must be somebody who can pass it on."""
    age, whom = notice.recipient_age, notice.spoke_to
    adult_from = YOUNGEST_TENANT if whom in ("tenant", "joint_tenant") else policy.door.min_adult_age.value
    if whom == "child" or (age is not None and age < adult_from):
        return _refused("child", "NR-14", "The notice was given to a child, so the tenant was not told.")
    if notice.channel == "phone" and whom is None:
        return _refused("nobody-named", "NR-16", "The record of the call does not say who was spoken to.")
    if notice.channel == "phone" and whom not in ("tenant", "joint_tenant", "representative"):
        return _refused(
            "wrong-person", "NR-5", "The call was not with the tenant or the person they named to speak for them."
        )
    if notice.channel in MET_SOMEBODY and whom == "other":
        return _refused("wrong-person", "NR-14", "The notice was not given to the tenant or an adult at the home.")
    return None


def _effective_instant(notice: Notice, policy: Policy) -> datetime | Refused:
    what = CHANNELS[notice.channel]
    if notice.delivery in FAILURES:
        return _refused("failed", "NR-5", f"The {what} did not reach the tenant.")
    match notice.channel:
        case "sms" | "email":
            return _receipt(notice, what)
        case "letter_first_class":
            return _by_post(notice, policy.notice.first_class_wd, policy)
        case "letter_second_class":
            return _by_post(notice, policy.notice.second_class_wd, policy)
        case "signed_for":
            return _signed_for(notice, what)
    return notice.sent_at or _refused("no-time", "NR-16", f"There is no record of when: {what}.")


def _receipt(notice: Notice, what: str) -> datetime | Refused:
    if notice.delivery != "delivered":
        waiting = f"it is still {notice.delivery}" if notice.delivery else "there is no delivery receipt"
        return _refused("not-delivered", "NR-5" if notice.delivery else "NR-16", f"The {what} is not given: {waiting}.")
    missing = _refused("no-receipt", "NR-16", f"The {what} has no delivery time, so we cannot say when it was given.")
    return notice.delivered_at or missing


def _signed_for(notice: Notice, what: str) -> datetime | Refused:
    if notice.delivered_at is None or notice.delivery not in (None, "delivered"):
        return _refused("no-receipt", "NR-16", f"There is no recorded delivery time for the {what}.")
    return notice.delivered_at


def _by_post(notice: Notice, days: Setting[int], policy: Policy) -> datetime | Refused:
    if notice.despatched_at is None:
        return _refused("no-despatch-date", "NR-16", f"The {CHANNELS[notice.channel]} has no date of despatch.")
    try:
        return end_of_london_day(policy.working_days.after(london_date(notice.despatched_at), days.value))
    except BankHolidaysMissing as missing:
        return _refused("no-calendar", "NR-16", str(missing))
