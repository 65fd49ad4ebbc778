"""The written summary (DR-4) as a message to the tenant, and what is heard back of it.

It goes only where the household has said that everything may be said (T17): there is no half of a summary. It counts as
sent when a receipt says so (`rules.sent_at`), and a summary that came back is sent no more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Clause, Refused, RefusedError, insist
from fieldvisit.hazards import rules, service
from fieldvisit.hazards.models import Hazard, HazardStep
from fieldvisit.hazards.state import CARRIED_BY, Deed
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.parties import Party, each_once
from fieldvisit.messages.rules import FAILED, Way
from fieldvisit.messages.texts import wording
from fieldvisit.tasks import raise_task
from fieldvisit.visits import whom
from fieldvisit.visits.planning import household_of

KIND = "hazard_summary"
T17 = Clause("", "T17")


def ways(session: Session, hazard: Hazard, at: datetime) -> Sequence[Way]:
    """Ways that may carry a summary: usable, and marked as safe for everything. Of several tenants, each way that one has."""
    found: dict[str, Way] = {}
    for one in whom.parties_of(session, hazard.home, at):
        for way in _may_carry(one):
            found.setdefault(way.channel, way)
    return list(found.values())


def reached(session: Session, hazard: Hazard, how: str, at: datetime) -> list[tuple[Party, Way | None]]:
    """Each tenant with the way to them: as chosen, else another of theirs; None where nothing of theirs may carry it."""
    found = []
    for one in whom.parties_of(session, hazard.home, at):
        carried = _may_carry(one)
        found.append((one, next((way for way in carried if way.channel == how), next(iter(carried), None))))
    return found


def goes_to(session: Session, hazard: Hazard, how: str, at: datetime) -> str:
    """Where it would go, in words; of several tenants, each by name."""
    found = each_once((one, way) for one, way in reached(session, hazard, how, at) if way)
    return "; ".join(
        f"{one.name}, {way.to}" if one.resident and not way.channel.startswith("letter") else way.to.replace("\n", ", ")
        for one, way in found
    )


def _may_carry(one: Party) -> list[Way]:
    return [way for way in one.ways if way.channel in CARRIED_BY and way.usable and way.safety == "safe"]


def by_hand(session: Session, hazard: Hazard, at: datetime) -> list[Party]:
    """Of several tenants, those to whom nothing of theirs may carry it, while another may be written to."""
    found = reached(session, hazard, "", at)
    return [one for one, way in found if way is None] if any(way for _, way in found) else []


def letter_to(session: Session, hazard: Hazard, at: datetime) -> str:
    """Whom and where, as it stands in the window of an envelope; joint tenants by all their names."""
    parties = whom.parties_of(session, hazard.home, at)
    way = parties[0].way("letter_first_class")
    assert way, "a home has an address"
    return "\n".join([" and ".join(one.name for one in parties), *way.to.split("\n")[1:]])


def subject_of(hazard: Hazard, policy: Policy) -> str:
    """A subject is read over a shoulder: it names no hazard."""
    return f"About your home, {hazard.ref}, from {policy.council.name}"


def send(
    session: Session, hazard: Hazard, deed: Deed, words: Mapping[str, str], *, key: str, at: datetime, policy: Policy
) -> Message | None:
    """Writes the step and its message in one transaction. The case must be locked. Raises RefusedError. None: pressed twice."""
    if session.scalars(select(HazardStep.id).where(HazardStep.form_key == key)).first():
        return None
    state = service.state_of(session, hazard.id)
    insist(rules.may(state, deed, words, policy))
    how = deed.body["how"]
    found = [(one, way) for one, way in reached(session, hazard, how, at) if way]
    if not any(way.channel == how for _, way in found):
        raise RefusedError(
            Refused("not-safe", "This household has not said that we may write everything there. Hand it over.", T17)
        )
    made = wording(subject_of(hazard, policy), words["summary"])
    first, *others = [
        messages.write(
            session, visit_id=None, home_id=hazard.home_id, kind=KIND, channel=way.channel, to=way.to, language="en",
            subject=made.subject, body=made.body, template=made.digest, by=deed.by, at=at,
            look=look_of(session, hazard, way.channel), resident_id=one.resident,
        )
        for one, way in each_once(found)
    ]  # fmt: skip
    body = dict(deed.body) | {"message": first.id, "round": len(state.rounds) - 1}
    if others:
        body["others"] = [one.id for one in others]
    if left := by_hand(session, hazard, at):
        body["by_hand"] = [one.resident for one in left]
        _ask_a_person(session, hazard, first, at, policy)
    service.act(session, hazard, Deed(deed.kind, at, deed.by, body), words, key=key, at=at, policy=policy)
    return first


def look_of(session: Session, hazard: Hazard, how: str) -> str:
    """How its letter is set: large where the household asked for that, also for one that is handed over."""
    household = household_of(session, hazard.home_id)
    large = how != "email" and household and household.letter_look in ("large_print", "easy_read")
    return "large_print" if large else "plain"


def hear(session: Session, message_id: str, at: datetime, policy: Policy) -> None:
    """What the receipts of a summary say, as a step of its case: sent, or come back. Heard twice is one step.

    Of several tenants it is sent when it has gone to each who was written to, and one that came back was not: whoever the
    law owes it to is each of them. Nor is it where one of them has no way that may carry it: whoever hands it to them says so.
    """
    found = lock_case_of(session, message_id)
    if found is None:
        return
    hazard, written = found
    body = {"message": written.body["message"], "round": written.body["round"], "how": written.body["how"]}
    sent: list[datetime | None] = []
    for each in _messages_of(written):
        message = messages.lock(session, each)
        if message is None:
            return
        heard = messages.standing_of(session, message)
        if heard.delivery in FAILED:
            service.note(session, hazard, Deed("summary_failed", at, "", body), at, policy)
            return
        moment = rules.sent_at(message.provider, message.channel, message.taken_at, heard)
        sent.append(moment and max(moment, message.written_at))
    if (last := rules.sent_to_all(sent)) and not written.body.get("by_hand"):
        service.note(session, hazard, Deed("summary_sent", last, "", body), at, policy)


def _ask_a_person(session: Session, hazard: Hazard, message: Message, at: datetime, policy: Policy) -> None:
    due = end_of_london_day(policy.working_days.after(london_date(at), policy.task.notice_failed_wd.value))
    about = {"about": "hazard", "about_id": hazard.id, "area_id": hazard.area_id}
    raise_task(session, "tell_tenant", cause=f"tell_tenant:{message.id}", at=at, due=due, **about)


def _messages_of(written: HazardStep) -> list[str]:
    return sorted([written.body["message"], *written.body.get("others", ())])


def lock_case_of(session: Session, message_id: str) -> tuple[Hazard, HazardStep] | None:
    """Before its message, as everywhere: two orders would wait for each other for ever. None: it is of no case."""
    message = session.scalars(select(Message).where(Message.id == message_id, Message.kind == KIND)).first()
    written = _step_of(session, message) if message else None
    hazard = service.lock(session, written.hazard_id) if written else None
    return (hazard, written) if hazard and written else None


def _step_of(session: Session, message: Message) -> HazardStep | None:
    """By the home: a step's body is JSON, which two databases search in two ways."""
    query = select(HazardStep).join(Hazard, Hazard.id == HazardStep.hazard_id)
    written = query.where(Hazard.home_id == message.home_id, HazardStep.kind == "summary_written")
    return next((step for step in session.scalars(written) if message.id in _messages_of(step)), None)
