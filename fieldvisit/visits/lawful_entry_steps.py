"""The desk's steps through an entry without consent (D3). Each raises RefusedError with a sentence; twice is once.

What a worker rings in is written as the line of the log that their phone would have sent; what the office does itself is a
step of the case. The visit comes locked, so that a verdict holds until the row is written.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Duty
from fieldvisit.ground.verdict import Verdict
from fieldvisit.messages.models import Message
from fieldvisit.register.same import same_ids
from fieldvisit.visits import events as ev
from fieldvisit.visits import lawful_entry_rules as rules
from fieldvisit.visits import lawful_entry_service as service
from fieldvisit.visits import notifying, planning
from fieldvisit.visits.access_service import was_there
from fieldvisit.visits.lawful_entry_models import LawfulEntry
from fieldvisit.visits.models import Visit
from fieldvisit.visits.planning import also
from fieldvisit.visits.pressed import Pressed
from fieldvisit.visits.rules import may_open_the_door
from fieldvisit.visits.telling import first_refusal

TOLD = "entered"  # the kind of message


def state_now(session: Session, case: LawfulEntry, policy: Policy) -> rules.State:
    return service.state_of(service.steps_of(session, [case.id])[case.id], policy)


def authorise(session: Session, visit: Visit, case: LawfulEntry, basis: str, reason: str, pressed: Pressed) -> None:
    now, me = state_now(session, case, pressed.policy), pressed.by.person_id
    there = planning.state_of(session, visit, pressed.policy)
    verdict = first_refusal(
        rules.may_decide(now, same_ids(session, [me]), on_duty=_on_duty(case, pressed)),
        rules.may_use(basis, said_no=service.tenant_said_no(session, visit.id, pressed.policy)),
        may_open_the_door(
            there, authoriser=service.as_known_there(session, me, (there.lead, *there.others)), proposer=now.proposer,
            basis=basis, policy=pressed.policy,
        ),
    )  # fmt: skip
    event = ev.EntryAuthorised(
        basis=basis, authorised_by=me, proposed_by=now.proposer, contact_methods=tuple(sorted(now.methods)),
        life_at_risk=now.life, reason=ev.Words(reason),
    )  # fmt: skip
    _command(session, visit, event, verdict, pressed)


def decline(session: Session, case: LawfulEntry, why: str, pressed: Pressed) -> None:
    now = state_now(session, case, pressed.policy)
    verdict = rules.may_decline(now, same_ids(session, [pressed.by.person_id]), why, on_duty=_on_duty(case, pressed))
    service.act(session, case, "declined", verdict, pressed.made, body={}, said={"why": why})


def stand_down(session: Session, case: LawfulEntry, why: str, pressed: Pressed) -> None:
    verdict = rules.may_stand_down(state_now(session, case, pressed.policy), why)
    service.act(session, case, "stood_down", verdict, pressed.made, body={}, said={"why": why})


def try_contact(
    session: Session, case: LawfulEntry, method: str, outcome: str, happened_at: datetime, words: str, pressed: Pressed
) -> None:
    """A time of the authority's own minute is taken to be after it, so that the steps stand in their order."""
    now = state_now(session, case, pressed.policy)
    verdict = rules.may_try(now, happened_at, pressed.at)
    body, tried_at = {"method": method, "outcome": outcome}, max(happened_at, now.authorised_at or happened_at)
    service.act(session, case, "tried", verdict, pressed.made, body=body, said={"words": words}, at=tried_at)


def go_in(
    session: Session, visit: Visit, case: LawfulEntry, second: str, name: str, photos_before: bool, pressed: Pressed
) -> None:
    """A worker rang in. The page has asked for photos; the phone's own say whether there are any."""
    now = state_now(session, case, pressed.policy)
    verdict = rules.may_go_in(
        now, pressed.at, second=second, name=name, photos_before=photos_before, policy=pressed.policy
    )
    with_whom = second if second in rules.SECOND else "other"
    event = ev.EntryLawful(
        contact_methods=tuple(sorted(now.methods)), second_person=with_whom,  # type: ignore[arg-type]
        words=ev.Words(name) if name.strip() else None,
    )  # fmt: skip
    _command(session, visit, event, verdict, pressed)


def secure(
    session: Session, visit: Visit, case: LawfulEntry, lock: str, keys: str, inventory: str, pressed: Pressed, *,
    only_made_safe: bool, notice_left: bool,
) -> None:  # fmt: skip
    now = state_now(session, case, pressed.policy)
    verdict = rules.may_secure(now, lock=lock, keys=keys, inventory=inventory)
    event = ev.EntrySecured(
        lock=lock, keys=keys, only_made_safe=only_made_safe, notice_left=notice_left,  # type: ignore[arg-type]
        inventory=ev.Words(inventory),
    )  # fmt: skip
    _command(session, visit, event, verdict, pressed)


def say_told(
    session: Session, visit: Visit, case: LawfulEntry, call: str, words: str, pressed: Pressed, *, notice_left: bool
) -> Message | None:
    """The message goes out by the first safe way; where there is none, a person is asked to tell them."""
    verdict = rules.may_say_told(state_now(session, case, pressed.policy), notice_left=notice_left, call=call)
    body = {"call": call, "notice_left": notice_left}
    service.act(session, case, "told", verdict, pressed.made, body=body, said={"words": words})
    return notifying.tell(
        session, visit, TOLD, by=pressed.by.person_id, at=pressed.at, policy=pressed.policy, key=also(case.id, TOLD)
    )


def review(
    session: Session, case: LawfulEntry, necessity: str, proportionality: str, learnt: str, pressed: Pressed, *,
    necessary: bool, proportionate: bool,
) -> None:  # fmt: skip
    me = pressed.by.person_id
    verdict = rules.may_review(
        state_now(session, case, pressed.policy), same_ids(session, [me]),
        manager=pressed.by.holds(Duty.REPAIRS_MANAGER, case.area_id),
        was_there=was_there(session, case.visit_id, me), necessity=necessity, proportionality=proportionality,
    )  # fmt: skip
    said = {"necessity": necessity, "proportionality": proportionality, "learnt": learnt}
    body = {"necessary": necessary, "proportionate": proportionate}
    service.act(session, case, "reviewed", verdict, pressed.made, body=body, said=said)


def _on_duty(case: LawfulEntry, pressed: Pressed) -> bool:
    return pressed.by.holds(Duty.DUTY, case.area_id)


def _command(session: Session, visit: Visit, event: ev.Event, verdict: Verdict, pressed: Pressed) -> None:
    planning.command(
        session, visit, event, verdict, by=pressed.by, at=pressed.at, policy=pressed.policy, form_key=pressed.key
    )
