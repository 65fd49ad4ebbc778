"""One step of a case by somebody who sits in it, and what follows from it: seats, badges, letters, evidence.

Runs as system work: the caller has checked that the person asking sees the case, and the rules say what that person may
do. So that two officers cannot decide at once, the case is locked first, and the second is told what the first did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.audit.service import note_access
from fieldvisit.breaches import (
    case_badges,
    case_evidence,
    case_involvement,
    case_letters,
    case_readers,
    case_visits,
    cases,
    decision_rules,
    two_people,
)
from fieldvisit.breaches.case_models import BreachApart, BreachCase, BreachStep, BreachTold
from fieldvisit.breaches.case_readers import Named
from fieldvisit.breaches.case_state import BY_HAND, Deed, State, Waiting, not_before
from fieldvisit.breaches.case_words import say_first
from fieldvisit.breaches.procedure import procedure_of
from fieldvisit.complaints import service as complaints
from fieldvisit.db import Database, new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import CONDUCT, Principal
from fieldvisit.ground.verdict import Refused, RefusedError, insist
from fieldvisit.messages import service as messages
from fieldvisit.register.involved import CODE
from fieldvisit.register.models import Person

KIND = "conduct"  # of a message
HOWS = {
    "page": "On their own page, with an e-mail that says only that there is a letter",
    "post": "By post",
    "handed": "Printed and handed over",
}
LETTERS = ("suspended", "lifted", "notified", "communicated", "appeal_decided", "told_firm", "told_cih")
OUTCOMES = ("outcome", "appeal_outcome")
READ_IT = "There is a letter for you from {council}. Sign in and open ‘Letters to you’ to read it. Ring {phone} if you cannot."
READ_IT_BY_LINK = (
    "There is a letter for you from {council}. Open your personal link, choose ‘A letter that you got from us’, and type "
    f"these six characters: {CODE}. Ring {{phone}} if you cannot."
)
BY_LINK = f"To read and answer this letter by your own link, type these six characters there:\n{CODE}"


@dataclass(frozen=True, slots=True)
class Act:
    """One form. happened: when it was done, aware UTC. seen: how many steps the page showed on which it was written."""

    kind: str
    happened: datetime
    by: str
    body: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    seen: int | None = None


def do(database: Database, case_id: str, act: Act, *, key: str, by: Principal, policy: Policy) -> None:
    """At the instant of `by`. The same form twice is one step. Raises RefusedError; then nothing is kept."""
    with database.writing(CONDUCT) as session:
        case = cases.lock(session, case_id)
        if case is None or cases.pressed_before(session, key):
            return
        step(session, case, act, key=key, at=by.at, policy=policy)
        note_access(session, by, "breach", "work", object_id=case.id, reason=act.kind, at=by.at)


def note_asked(database: Database, case_id: str, by: Principal) -> None:
    """Somebody was chosen who may have no part in it: whoever tries the list, one after another, is on record. Not whom."""
    with database.writing(CONDUCT) as session:
        note_access(session, by, "breach", "work", object_id=case_id, reason="seated apart", at=by.at)


def step(session: Session, case: BreachCase, act: Act, *, key: str, at: datetime, policy: Policy) -> BreachStep:
    """The case must be locked, and the session be that of system work. What needs two people is proposed by this, and done
    once another person has confirmed it."""
    done = cases.steps_of(session, [case.id])[case.id]
    before = cases.state_from(done, case)
    facts = case_readers.facts(session, case, at, policy)
    waiting = before.waits(act.body.get("what", "")) if act.kind == "confirmed" else None
    if waiting:
        act = replace(act, words=_words_of(session, case, done, waiting, policy, act.happened))
    happened, last = act.happened, not_before(done, act.kind)
    if london_date(happened) == london_date(last):  # a day without a time: after what was done before on that day
        happened = max(happened, last)
    deed = Deed(act.kind, happened, act.by, dict(act.body))
    verdict = two_people.may(before, deed, act.words, facts)
    if isinstance(verdict, Refused) and act.seen is not None and act.seen < before.steps:
        raise RefusedError(_somebody_was_first(session, case, verdict, act))
    insist(verdict)
    if two_people.clause_of_two(before, deed, facts):
        more = {"skipped": True} if decision_rules.skips_a_step(before, deed, facts) else {}
        proposed = Deed("proposed", deed.at, deed.by, {"what": act.kind, **deed.body, **more})
        return cases.write(session, case, proposed, act.words, key, at)
    words = {name: text for name, text in act.words.items() if name != "letter"}
    if waiting:  # from here on it is what was proposed; its words stand with the proposal
        body, words = {**waiting.body, "second": act.by}, {}
        act, deed = (
            replace(act, kind=waiting.what, by=waiting.by, body=body),
            replace(deed, kind=waiting.what, by=waiting.by, body=body),
        )
    prepared = _prepare(session, case, before, deed, policy)
    if act.kind == "linked":
        _check_link(session, case, deed)
    if act.kind == "visit":
        prepared, words = _found_visit(session, case, deed)
    written = cases.write(session, case, prepared, words, key, at)
    state = cases.state_of(session, case.id)
    _follow(session, case, before, state, written, act, policy)
    if act.kind == "notified" and act.body.get("how") == "page":
        given = Deed("notice_given", prepared.at, act.by, _given(state, prepared.at, policy))
        cases.write(session, case, given, {}, f"{key}:given"[:64], at)
        _give(session, case, "notice", prepared.at)
    case_involvement.settle(session, case, cases.state_of(session, case.id), at)
    return written


def _words_of(
    session: Session, case: BreachCase, done: Sequence[BreachStep], waiting: Waiting, policy: Policy, at: datetime
) -> dict[str, str]:
    """As they were proposed; the last day to appeal is counted from the day on which the letter leaves."""
    words = dict(cases.words_of(session, case.id).get(done[waiting.position - 1].id, {}))
    state, then = cases.state_from(done, case), waiting.at
    procedure = procedure_of(state.document) if state.document else None
    if procedure and "letter" in words:
        words["letter"] = case_letters.of_the_day(words["letter"], state, procedure, then, at, policy)
    return words


def _somebody_was_first(session: Session, case: BreachCase, verdict: Refused, act: Act) -> Refused:
    """Two officers at once, or one in two windows: the second is told who was first and when, and keeps what was typed."""
    new = cases.steps_of(session, [case.id])[case.id][act.seen or 0 :]
    same = next((row for row in reversed(new) if act.kind in (row.kind, row.body.get("what")) and row.by), None)
    last = same or next(
        (row for row in reversed(new) if (row.body.get("second") or row.by) not in (None, act.by)), None
    )
    if last is None:
        return verdict
    who = last.by if same else last.body.get("second") or last.by
    name = session.scalars(select(Person.name).where(Person.id == who)).first() or "Somebody else"
    said = say_first("" if who == act.by else name, last.kind, last.recorded_at)
    return Refused("was-first", said if same else f"{said} {verdict.message}", verdict.clause)


def _prepare(session: Session, case: BreachCase, state: State, deed: Deed, policy: Policy) -> Deed:
    """What the step itself must hold, beside what was typed."""
    body = dict(deed.body)
    procedure = procedure_of(state.document) if state.document else None
    if deed.kind == "suspended" and state.subject_kind == "person":
        case_badges.suspend_badges(session, state.subject_id, deed.at)
    if deed.kind == "notice_given":
        body |= _given(state, deed.at, policy)
    told = deed.kind in ("communicated", "appeal_decided") and body.get("how") not in BY_HAND
    if procedure and (told or deed.kind == "outcome_given"):
        after = state
        if body.get("result") == "quashed" or (state.appeals and not state.stands):
            after = replace(state, finding="not_upheld")
        until = case_letters.appeal_by(after, procedure, deed.at, policy)
        body["appeal_by"] = london_date(until).isoformat() if until else ""
    return Deed(deed.kind, deed.at, deed.by, body)


def _given(state: State, at: datetime, policy: Policy) -> dict[str, str]:
    procedure = procedure_of(state.document)
    assert procedure
    return {"answer_by": london_date(case_letters.answer_by(procedure, at, policy)).isoformat()}


def _follow(
    session: Session, case: BreachCase, before: State, state: State, written: BreachStep, act: Act, policy: Policy
) -> None:
    """What a step means outside the case."""
    match act.kind:
        case "identified":
            _is_about(session, case, act, written.recorded_at, policy)
        case "seated":
            part, person = act.body["part"], act.body["person"]
            case_readers.seat(session, case, part, person, act.by, written.recorded_at)
        case "visit":
            case_readers.choose(session, case, written.recorded_at, policy)  # whoever is near that home (N2)
        case "evidence":
            wanted = set(act.body["items"])
            items = [item for item in case_evidence.to_attach(session, case) if item.key in wanted]
            case_evidence.attach(session, case, written.id, items)
        case "lifted":
            case_badges.lift_badges(session, case, before, written.recorded_at)
    if act.kind in LETTERS and act.words.get("letter", "").strip():
        _tell(session, case, state, written, act, policy)
    if act.kind == "notice_given":
        _give(session, case, "notice", written.at)
    if act.kind == "outcome_given":
        for letter in OUTCOMES:
            _give(session, case, letter, written.at)
    was, now = case_involvement.stops(before), case_involvement.stops(state)
    told = act.kind in ("communicated", "outcome_given", "appeal_decided")
    if told and now == "paused" and not state.suspended and state.subject_kind == "involved":
        deed = Deed("suspended", written.at, act.by, {"because": "decided"})
        cases.write(session, case, deed, {}, f"stops:{written.id}", written.recorded_at)
    eased = was == "paused" and not now and state.stands
    over = eased or act.kind == "not_a_breach" or (act.kind in ("communicated", "appeal_decided") and not state.stands)
    if over and state.suspended:
        _lift_by_itself(session, case, state, written, act, policy)


def _is_about(session: Session, case: BreachCase, act: Act, at: datetime, policy: Policy) -> None:
    """From now on nobody near this person reads the case (N2)."""
    who = case_readers.named(session, case.subject_kind, case.subject_id)
    case.firm_id = who.firm_id if who else case.firm_id
    if case.subject_kind == "person" and case.subject_id:
        session.add(BreachApart(case_id=case.id, person_id=case.subject_id, why="accused"))
        session.flush()
    case_readers.choose(session, case, at, policy)
    if case.subject_kind == "person" and case.subject_id:
        complaints.keep_from(session, case.cause, case.subject_id, at, policy)


def _lift_by_itself(
    session: Session, case: BreachCase, state: State, written: BreachStep, act: Act, policy: Policy
) -> None:
    case_badges.lift_badges(session, case, state, written.recorded_at)
    key = f"lifts:{written.id}"
    lifting = cases.write(session, case, Deed("lifted", written.at, act.by, {}), {}, key, written.recorded_at)
    if act.kind == "not_a_breach":  # otherwise the letter of the outcome says so
        procedure = procedure_of(state.document)
        who = case_readers.named(session, case.subject_kind, case.subject_id)
        if procedure and who:
            about = case_letters.About(who.name, who.firm, who.page)
            text = case_letters.first_text("lifted", state, case.ref, about, procedure, written.at, policy)
            how = "page" if who.email else "post" if who.address else "handed"
            letter = Act("lifted", written.at, act.by, {"how": how}, {"letter": text})
            _tell(session, case, state, lifting, letter, policy)


# --- letters ------------------------------------------------------------------------------------------------------


def _tell(session: Session, case: BreachCase, state: State, written: BreachStep, act: Act, policy: Policy) -> None:
    letter, how = case_letters.LETTER_OF[act.kind], act.body.get("how", "handed")
    who = case_readers.named(session, case.subject_kind, case.subject_id)
    if who is None:
        raise RefusedError(Refused("nobody", "Say first whom this is about."))
    to_them = letter not in ("firm", "cih")
    # Until it is handed over or posted; on their own page it is given at once.
    waits = letter == "notice" or (letter in OUTCOMES and how in BY_HAND)
    subject = subject_of(case.ref, policy)
    told_id = new_id()
    session.add(
        BreachTold(
            id=told_id, case_id=case.id, step_id=written.id, letter=letter,
            person_id=who.id if to_them and who.kind == "person" else None,
            involved_id=who.id if to_them and who.kind == "involved" else None,
            firm_id=who.firm_id if letter == "firm" else None, about_id=who.id, subject=subject,
            body=act.words["letter"], given_at=None if waits else written.at,
        )
    )  # fmt: skip
    session.flush()
    if to_them:
        _send(session, who, how, told_id, subject, act.words["letter"], act.by, written.recorded_at, policy)


def _send(
    session: Session, who: Named, how: str, told_id: str, subject: str, body: str, by: str, at: datetime, policy: Policy
) -> None:
    """The message: all of it by post, and by e-mail only that there is a letter, which others may read there too (T17).
    Its id is the letter's own: by it the worker fills in the six characters, and hears which letter came back."""
    sent: tuple[str, str, str] | None = None
    by_link = who.kind == "involved"
    if how == "post" and who.address:
        text = f"{body}\n\n{BY_LINK}" if by_link else body
        sent = "letter_first_class", f"{who.name}\n{who.address}", text
    elif how == "page" and who.email:
        phone = policy.council.conduct_line.value
        read_it = READ_IT_BY_LINK if by_link else READ_IT
        sent = "email", who.email, read_it.format(council=policy.council.name, phone=phone)
    elif how == "post":
        raise RefusedError(
            Refused("no-address", "We have no address of this person. Print the letter and hand it over.")
        )
    if sent:
        channel, to, text = sent
        messages.write(
            session, visit_id=None, kind=KIND, channel=channel, to=to, language="en", subject=subject, body=text,
            template="0" * 64, by=by, at=at, message_id=told_id,
        )  # fmt: skip


def hows_to(who: Named | None) -> list[tuple[str, str]]:
    """The ways by which this person can be told, the first that comes to mind first."""
    has = {"page": bool(who and who.email), "post": bool(who and who.address), "handed": True}
    return [(how, label) for how, label in HOWS.items() if has[how]]


def subject_of(ref: str, policy: Policy) -> str:
    """A subject is read over a shoulder: it says nothing of what is in the letter."""
    return f"A letter from {policy.council.name}, our reference {ref}"


def _give(session: Session, case: BreachCase, letter: str, at: datetime) -> None:
    """From now on it is there for whom it is to."""
    waiting = select(BreachTold).where(
        BreachTold.case_id == case.id, BreachTold.letter == letter, BreachTold.given_at.is_(None)
    )
    for told in session.scalars(waiting):
        told.given_at = at
    session.flush()


def _check_link(session: Session, case: BreachCase, deed: Deed) -> None:
    """Only to one that whoever links them reads too."""
    in_sight = select(BreachCase).where(BreachCase.id.in_(case_readers.sits_in(deed.by)))
    other = session.scalars(in_sight.where(BreachCase.id == deed.body["to"])).first()
    if other is None or other.id == case.id or other.linked_to == case.id:
        raise RefusedError(Refused("no-link", "Choose another case, which is not linked to this one itself."))


def _found_visit(session: Session, case: BreachCase, deed: Deed) -> tuple[Deed, dict[str, str]]:
    """A visit of the person named; its reference is kept among the words, which are taken away one day."""
    visit = case_visits.named(session, case, deed.body["visit"])
    if visit is None:
        said = "No visit of this person has that reference. Choose one from the list, or write the reference as it stands there."
        raise RefusedError(Refused("no-visit", said))
    return replace(deed, body={"visit": visit.id, "home": visit.home_id}), {"visit": visit.ref}


# --- the person named ---------------------------------------------------------------------------------------------


def answer(
    session: Session, told: BreachTold, kind: str, words: Mapping[str, str], *, key: str, at: datetime, policy: Policy
) -> None:
    """What the person named says or asks for, on their own page. kind: answered, appealed. Raises RefusedError."""
    case = cases.lock(session, told.case_id)
    if case is None or cases.pressed_before(session, key):
        return
    step(session, case, Act(kind, at, "", {"from": "page"}, words), key=key, at=at, policy=policy)


def letters_to(session: Session, kind: str, subject_id: str) -> Sequence[BreachTold]:
    """What they were given, the newest first. In a session of theirs, or of system work for an involved person."""
    own = BreachTold.person_id == subject_id if kind == "person" else BreachTold.involved_id == subject_id
    wanted = select(BreachTold).where(own, BreachTold.given_at.is_not(None))
    return session.scalars(wanted.order_by(BreachTold.given_at.desc(), BreachTold.id)).all()
