"""Writing down what is declared, and each step of it: the only writer of declarations. Raises RefusedError.

What follows from an interest is in `ties.py`; agreements and forms of involved people in `undertakings.py`.
"""

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit import conduct
from fieldvisit.conduct import Reported, SubjectKind
from fieldvisit.db import new_id
from fieldvisit.declarations import rules
from fieldvisit.declarations.models import Declaration, DeclarationStep, DeclarationWords
from fieldvisit.declarations.rules import Offer, Stage
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.references import Kind, new_reference
from fieldvisit.ground.verdict import insist
from fieldvisit.register import apart
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Person, PersonArea
from fieldvisit.register.same import reach, same_ids
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits.models import Visit

_NO_WORDS: Mapping[str, str] = {}
DECIDE, GIVE_BACK = "gift_decide", "gift_return"


def interest_between(
    session: Session, person_id: str, subject_kind: str, subject_id: str, at: datetime | None = None
) -> bool:
    """Is there anything declared between the two, by either of them, or between the first and the other's firm?

    Whoever stands so takes no part in a case about the other (MR-5h, MO-7g, MO-11e). at: aware UTC; now, where not said.
    The session must be asked by somebody of `apart.ASKED_BY`, or by system work that names KeptApart.
    """
    return apart.from_subject(session, person_id, subject_kind, subject_id, at)


# --- who declares -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """kind: "person" (signs in) or "involved". manager_id: whom they answer to; None: nobody is on record."""

    kind: SubjectKind
    id: str
    person_id: str | None = None
    firm_id: str | None = None
    manager_id: str | None = None
    area_id: str | None = None


def subject_of(session: Session, person_id: str, visit_id: str | None, at: datetime) -> Subject:
    """Of somebody who signs in. The area is the visit's, or the first of their own."""
    person = session.get_one(Person, person_id)
    area_id = session.scalars(select(Visit.area_id).where(Visit.id == visit_id)).first() if visit_id else None
    if area_id is None:
        own = select(PersonArea.area_id).where(PersonArea.person_id == person_id, PersonArea.starts <= at)
        own = own.where(PersonArea.ends.is_(None) | (PersonArea.ends > at)).order_by(PersonArea.starts, PersonArea.id)
        area_id = session.scalars(own).first()
    manager_id = person.manager_id if person.manager_id != person.id else None
    return Subject("person", person.id, person.id, person.firm_id, manager_id, area_id)


def subject_of_involved(involved: InvolvedPerson) -> Subject:
    return Subject("involved", involved.id, area_id=involved.area_id)


# --- gifts and hospitality ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """offer: for the rules. what: in their own words. giver_name: as they wrote it; firm_id: of our register, home_id: of
    the visit, where it was a tenant there. offered_at: aware UTC."""

    offer: Offer
    what: str
    offered_at: datetime
    giver_name: str = ""
    giver_firm_id: str | None = None
    home_id: str | None = None
    visit_id: str | None = None

    @property
    def giver_key(self) -> str:
        """The same for the same giver, and nobody's name can be read out of it."""
        if self.giver_firm_id:
            return f"firm:{self.giver_firm_id}"
        if self.home_id and self.offer.giver == "tenant":
            return f"home:{self.home_id}"
        letters = "".join(each for each in self.giver_name.casefold() if each.isalnum())
        return f"name:{hashlib.sha256(letters.encode()).hexdigest()[:32]}" if letters else ""


def declare_gift(
    session: Session, subject: Subject, gift: Gift, *, key: str, by: str | None, at: datetime, policy: Policy
) -> Declaration:
    """Sent twice with one key, it is declared once. Late is marked, never refused."""
    insist(rules.may_be_logged(gift.offer, policy))
    if found := of_key(session, key):
        return found
    outcome = rules.outcome_of(gift.offer, policy)
    declared = begin(subject, "hospitality" if gift.offer.form == "hospitality" else "gift", gift.offer.form, at)
    declared.stage, declared.stood = outcome.stands, outcome.stands
    declared.giver, declared.giver_key, declared.giver_firm_id = gift.offer.giver, gift.giver_key, gift.giver_firm_id
    declared.accepted, declared.in_return = gift.offer.accepted, gift.offer.in_return
    declared.value_pence, declared.purpose = gift.offer.value_pence, gift.offer.purpose
    declared.visit_id, declared.happened_at = gift.visit_id, gift.offered_at
    declared.late = rules.is_late(gift.offered_at, at, policy)
    declared.must_return = outcome.must_return
    said = {"what": gift.what, "why": gift.offer.reason, "giver": gift.giver_name}
    body = {"why": outcome.why, "clause": outcome.clause.where if outcome.clause else ""}
    made, is_new = write_first(session, declared, "offered", by, body, said, key, at)
    if not is_new:
        return made
    for number, stage in enumerate(outcome.stages[1:], start=2):
        if stage is Stage.CLOSED:
            close(session, made, at, policy, f"{key}:{number}")
            break
        step(session, made, stage, by=None, body=body, said=_NO_WORDS, key=f"{key}:{number}", at=at, stage=stage)
    if outcome.escalated:
        _pass_on(session, made, gift, policy)
    _wait(session, made, at, policy)
    return made


def _pass_on(session: Session, made: Declaration, gift: Gift, policy: Policy) -> None:
    """To whoever looks after conduct. An offer that was refused is about the offer, never about who refused it."""
    rule = rules.rule_for(gift.offer, policy)
    about = policy.gifts.never if rule.default or gift.offer.form in rules.ALWAYS_PASSED_ON or made.in_return else rule
    taken = "It was taken." if made.accepted else "It was refused, and whoever was offered it said so."
    conduct.report(
        session,
        Reported(
            cause=f"gift:{made.id}",
            heard_at=made.declared_at,
            words=f"Offered: {gift.what} {taken}",
            clauses=(about.where,),
            subject_kind="person" if made.subject_kind == "person" else "involved",
            subject_id=made.subject_id if made.accepted else None,
            firm_id=made.firm_id if made.accepted else None,
            visit_id=made.visit_id,
            home_id=gift.home_id,
            area_id=made.area_id,
            told_by_id=made.person_id,
        ),
    )


def decide(
    session: Session, declared: Declaration, decision: rules.Decision, reason: str, *, key: str, by: str, at: datetime,
    policy: Policy,
) -> None:  # fmt: skip
    """The declaration must be locked. The second of two who decide is told by RefusedError, and nothing is lost."""
    if of_key(session, key):
        return
    insist(
        rules.may_decide(
            Stage(declared.stage), offer_of(session, declared), decision,
            decider_is_receiver=is_own(session, declared, by), pattern=bool(patterns_of(session, declared, at, policy)),
            reason=reason, policy=policy,
        )
    )  # fmt: skip
    stage = Stage.APPROVED_KEEP if decision == "keep" else Stage.REFUSED_RETURN
    declared.must_return = decision == "return" and declared.kind == "gift"
    step(
        session,
        declared,
        "decided",
        by=by,
        body={"decision": decision},
        said={"reason": reason},
        key=key,
        at=at,
        stage=stage,
    )
    if not declared.must_return:
        close(session, declared, at, policy, f"{key}:closed")
    _wait(session, declared, at, policy)


def give_back(
    session: Session, declared: Declaration, how: str, evidence: str, *, key: str, by: str | None, at: datetime,
    policy: Policy,
) -> None:  # fmt: skip
    if of_key(session, key):
        return
    insist(rules.may_give_back(Stage(declared.stage), must_return=declared.must_return, evidence=evidence))
    declared.must_return = False
    stage = Stage.RETURNED_OR_DONATED
    step(
        session,
        declared,
        "given_back",
        by=by,
        body={"how": how},
        said={"evidence": evidence},
        key=key,
        at=at,
        stage=stage,
    )
    close(session, declared, at, policy, f"{key}:closed")
    _wait(session, declared, at, policy)


def put_away(
    session: Session, declared: Declaration, reason: str, *, key: str, by: str, at: datetime, policy: Policy
) -> None:
    """What was passed on, and has nothing to give back. Its case goes on elsewhere."""
    if of_key(session, key):
        return
    own = is_own(session, declared, by)
    insist(rules.may_close(Stage(declared.stage), must_return=declared.must_return, decider_is_receiver=own))
    step(session, declared, "put_away", by=by, body={}, said={"reason": reason}, key=key, at=at, stage=Stage.ESCALATED)
    close(session, declared, at, policy, f"{key}:closed")
    _wait(session, declared, at, policy)


def close(session: Session, declared: Declaration, at: datetime, policy: Policy, key: str) -> None:
    """Kept so many years from today, and then gone (R24)."""
    step(session, declared, "closed", by=None, body={}, said=_NO_WORDS, key=key, at=at, stage=Stage.CLOSED)
    declared.closed_at, declared.keep_until = at, rules.keep_until(london_date(at), policy)


def is_own(session: Session, declared: Declaration, person_id: str) -> bool:
    """Did this person declare it, by this or another account?"""
    if declared.person_id:
        return person_id in same_ids(session, (declared.person_id,))
    person, involved = session.get(Person, person_id), session.get(InvolvedPerson, declared.subject_id)
    return bool(person and involved and reach(person.email, person.phone) & reach(involved.email, involved.phone))


def offer_of(session: Session, declared: Declaration) -> Offer:
    said = words_of(session, declared.id)
    return Offer(
        form=declared.form, giver=declared.giver, accepted=declared.accepted, value_pence=declared.value_pence,
        in_return=declared.in_return, purpose=declared.purpose, reason=said.get("why", ""),
    )  # fmt: skip


def patterns_of(session: Session, declared: Declaration, at: datetime, policy: Policy) -> list[rules.Pattern]:
    """Those that this offer is part of, of the same giver or to the same receiver."""
    near = select(Declaration).where(
        Declaration.kind != "interest",
        (Declaration.subject_id == declared.subject_id)
        | ((Declaration.giver_key == declared.giver_key) & (Declaration.giver_key != "")),
    )
    return rules.of_one(rules.patterns([known_of(one) for one in session.scalars(near)], policy), declared.id)


def known_of(declared: Declaration) -> rules.Known:
    return rules.Known(declared.id, london_date(declared.happened_at), declared.giver_key, declared.subject_id)


# --- what every step does -----------------------------------------------------------------------------------------


def lock(session: Session, declaration_id: str) -> Declaration | None:
    return session.scalars(select(Declaration).where(Declaration.id == declaration_id).with_for_update()).first()


def of_key(session: Session, key: str) -> Declaration | None:
    """The declaration of which a form with this key was kept before."""
    wanted = select(DeclarationStep.declaration_id).where(DeclarationStep.form_key == key)
    found = session.scalars(wanted).first()
    return session.get_one(Declaration, found) if found else None


def words_of(session: Session, declaration_id: str) -> dict[str, str]:
    """The newest words of each field."""
    rows = (
        select(DeclarationWords.field, DeclarationWords.text)
        .join(DeclarationStep, DeclarationStep.id == DeclarationWords.step_id)
        .where(DeclarationWords.declaration_id == declaration_id)
        .order_by(DeclarationStep.position)
    )
    return {row.field: row.text for row in session.execute(rows)}


def begin(subject: Subject, kind: str, form: str, at: datetime) -> Declaration:
    return Declaration(
        id=new_id(), ref=new_reference(Kind.DECLARATION), kind=kind, form=form,
        subject_kind=subject.kind, subject_id=subject.id, person_id=subject.person_id, firm_id=subject.firm_id,
        manager_id=subject.manager_id, area_id=subject.area_id, happened_at=at, declared_at=at, giver="", giver_key="",
        accepted=False, in_return=False, must_return=False, purpose="", leave="", by_manager=False, by_contact=False,
        late=False,
    )  # fmt: skip


def write_first(
    session: Session, declared: Declaration, kind: str, by: str | None, body: dict[str, Any], said: Mapping[str, str],
    key: str, at: datetime,
) -> tuple[Declaration, bool]:  # fmt: skip
    """And whether it is new: of two presses at one instant, the second finds what the first wrote."""
    with contextlib.suppress(IntegrityError), session.begin_nested():
        session.add(declared)
        session.flush()
        step(session, declared, kind, by=by, body=body, said=said, key=key, at=at, stage=declared.stage, position=1)
        return declared, True
    return of_key(session, key) or _must_be_there(key), False


def _must_be_there(key: str) -> Declaration:
    raise LookupError(f"no declaration of the form {key}, and it could not be written")


def step(
    session: Session, declared: Declaration, kind: str, *, by: str | None, body: dict[str, Any],
    said: Mapping[str, str], key: str, at: datetime, stage: str, position: int = 0,
) -> DeclarationStep:  # fmt: skip
    last = select(func.max(DeclarationStep.position)).where(DeclarationStep.declaration_id == declared.id)
    made = DeclarationStep(
        id=new_id(), declaration_id=declared.id, position=position or (session.scalar(last) or 0) + 1, kind=kind, at=at,
        by=by, stage=stage, body=body, form_key=key,
    )  # fmt: skip
    session.add(made)
    session.flush()
    for field, text in said.items():
        if text.strip():
            session.add(
                DeclarationWords(
                    step_id=made.id, declaration_id=declared.id, subject_id=declared.subject_id, field=field, text=text
                )
            )
    declared.stage = stage
    if stage != Stage.CLOSED:
        declared.stood = stage
    session.flush()
    return made


def _wait(session: Session, declared: Declaration, at: datetime, policy: Policy) -> None:
    """Until when somebody should have acted; the task says so at the desk, and is settled with the step that does it."""
    stage = Stage(declared.stage)
    wanted = {
        Stage.REFERRED: DECIDE,
        Stage.REFUSED_RETURN: GIVE_BACK,
        Stage.ESCALATED: GIVE_BACK if declared.must_return else "",
    }.get(stage, "")
    declared.due_at = rules.decide_by(at, policy) if stage in rules.WAITS else None
    settle(session, declared, at, but=wanted)
    if wanted:
        ask_for(session, declared, wanted, at, declared.due_at or at)


def ask_for(session: Session, declared: Declaration, kind: str, at: datetime, due: datetime) -> None:
    """A task at the council's desk, once for each cause. Of a firm's worker too: the council's contact looks after it."""
    cause = f"{kind}:{declared.id}:{london_date(due)}"
    if session.scalars(select(Task.id).where(Task.cause == cause)).first() is None:
        raise_task(
            session,
            kind,
            cause=cause,
            about="declaration",
            about_id=declared.id,
            area_id=declared.area_id,
            at=at,
            due=due,
        )


def settle(session: Session, declared: Declaration, at: datetime, but: str = "") -> None:
    open_ones = select(Task).where(
        Task.about == "declaration", Task.about_id == declared.id, Task.done_at.is_(None), Task.kind != but
    )
    for task in session.scalars(open_ones):
        task.done_at = at
