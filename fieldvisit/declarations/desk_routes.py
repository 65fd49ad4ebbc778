"""`/office/declarations`: what waits for whom, one declaration, deciding, the public register, and involved people.

Who may see it is asked as the person; what is done is written as the declaring itself, once that is known.
"""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from fieldvisit.audit.service import note_access
from fieldvisit.conduct import SubjectKind
from fieldvisit.db import new_id
from fieldvisit.declarations import board, forms, interests, published, rules, service, ties, undertakings, words
from fieldvisit.declarations.models import Declaration
from fieldvisit.declarations.ties import Apart
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import DECLARING
from fieldvisit.ground.sheet import sheet
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register import involved
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Home, Person
from fieldvisit.register.uprn import bare
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, database, log_access, log_read_again, policy, principal, session
from fieldvisit.web.render import page

desk = Blueprint("declarations", __name__)
Answer = str | BaseResponse | tuple[str, int]
# Step of a form -> what somebody must be towards the declaration: any of these.
STEPS = {
    "decided": ("manager",), "given_back": ("manager",), "put_away": ("manager",), "read": ("manager",),
    "heard": ("contact",), "managed": ("manager", "contact"),
}  # fmt: skip


@desk.get("/office/declarations")
@access("declaration", "list")
def list_declarations() -> Answer:
    log_access()
    every, after = request.args.get("show") == "all", request.args.get("after", "")[:32]
    with database().reading(DECLARING) as over_all:
        marked = board.in_a_pattern(over_all, policy())
    rows, later = board.board(session(), principal(), at(), marked, every=every, after=after)
    return page(
        "declarations/board.html", rows=rows, later=later, first=not after, every=every, words=words, rule=policy().gifts,
        now=at(), may_publish=_may_publish(),
    )  # fmt: skip


@desk.get("/office/declarations/register")
@access("declaration", "publish")
def register() -> Answer:
    log_access(reason="register")
    return page(
        "declarations/register.html",
        rows=[published.for_readers(row) for row in board.public_rows(session())],
        head=published.HEAD,
        left_out=published.LEFT_OUT.values(),
    )


@desk.get("/office/declarations/register.csv")
@access("declaration", "publish")
def register_csv() -> Answer:
    log_access(reason="register.csv")
    rows = [tuple(row.values()) for row in board.public_rows(session())]
    headers = {"Content-Disposition": f'attachment; filename="declarations-{london_date(at())}.csv"'}
    return Response(sheet([published.HEAD, *rows]), mimetype="text/csv", headers=headers)


@desk.get("/office/declarations/<id:declaration_id>")
@access("declaration", "read")
def one(declaration_id: str) -> Answer:
    with database().reading(principal()) as seeing:
        found = board.find(seeing, declaration_id) or abort(404)
        _must_look_after(found)
        log_access(found.id)
        return _page(seeing, found, "", Typed.nothing(), request.args.get("done", ""))


@desk.post("/office/declarations/<id:declaration_id>/<word:step>")
@access("declaration", "work")
def work(declaration_id: str, step: str) -> Answer:
    """The second of two who decide at once is told what the first decided, and keeps what they wrote."""
    typed = Typed(request.form)
    with database().reading(principal()) as seeing:
        found = board.find(seeing, declaration_id) or abort(404)
        roles = _must_look_after(found)
        if not roles & set(STEPS.get(step, ())) or (step == "managed" and found.firm_id and "contact" not in roles):
            abort(404)
        read = _read(seeing, found, step, typed)
    if typed.errors:
        return _again(declaration_id, step, typed), 422
    key = typed.key or abort(400)
    try:
        with database().writing(DECLARING) as writing:
            declared = service.lock(writing, declaration_id) or abort(404)
            _do(writing, declared, step, read, key)
            note_access(writing, principal(), "declaration", "work", object_id=declaration_id, reason=step, at=at())
    except RefusedError as refused:
        typed.wrong(forms.BOXES.get(refused.verdict.code, ""), refused.verdict.message)
        return _again(declaration_id, step, typed), 409
    return redirect(f"/office/declarations/{declaration_id}?done={step}", 303)


def _read(seeing: Session, found: Declaration, step: str, typed: Typed) -> dict[str, Any]:
    if step == "decided":
        decision = typed.choice("decision", ("keep", "return"), "Say whether it may be kept.")
        return {"decision": decision, "reason": typed.words("reason", most=forms.LONG)}
    if step == "given_back":
        how = typed.choice("how", rules.GIVEN_BACK, "Say what became of it.")
        return {"how": how, "evidence": typed.words("evidence", most=forms.LONG)}
    if step == "put_away":
        return {"reason": typed.words("reason", "Write down why nothing more is to do here.", forms.LONG)}
    return _read_managed(seeing, found, typed) if step == "managed" else {}


def _read_managed(seeing: Session, found: Declaration, typed: Typed) -> dict[str, Any]:
    """What the form could not show to whoever fills it in (a home of another area, somebody involved) stays as it is."""
    stands = ties.stands_apart(seeing, found)
    standing_homes = {row.home_id for row in stands if row.home_id}
    unseen = standing_homes - set(seeing.scalars(select(Home.id).where(Home.id.in_(standing_homes))))
    homes = (*_homes(seeing, typed), *sorted(unseen))
    firms = tuple(each for each in typed.many("firms") if each in dict(board.firms(seeing)))
    others: list[tuple[SubjectKind, str]] = [
        ("involved", row.subject_id) for row in stands if row.subject_kind == "involved"
    ]
    people = (*_people(seeing, typed), *others)
    control = forms.read_control(typed, len(homes), len(firms), len(people))
    return {"follows": Apart(homes, firms, people), "control": control}


def _homes(seeing: Session, typed: Typed) -> tuple[str, ...]:
    found = []
    for uprn in forms.listed(typed.text("homes", forms.LONG)):
        home_id = seeing.scalars(select(Home.id).where(Home.uprn == bare(uprn))).first()
        if home_id:
            found.append(home_id)
        else:
            typed.wrong("homes", f"No home of your areas has the UPRN {uprn}. Look it up in the register.")
    return tuple(found)


def _people(seeing: Session, typed: Typed) -> tuple[tuple[SubjectKind, str], ...]:
    found: list[tuple[SubjectKind, str]] = []
    for said in forms.listed(typed.text("people", forms.LONG)):
        person_id = seeing.scalars(
            select(Person.id).where((Person.email == said.lower()) | (Person.ref == said))
        ).first()
        if person_id:
            found.append(("person", person_id))
        else:
            typed.wrong("people", f"Nobody here has the e-mail address or staff reference {said}.")
    return tuple(found)


def _do(writing: Session, declared: Declaration, step: str, read: dict[str, Any], key: str) -> None:
    how: dict[str, Any] = {"key": key, "by": principal().person_id, "at": at(), "policy": policy()}
    if step == "decided":
        service.decide(writing, declared, read["decision"], read["reason"], **how)
    elif step == "given_back":
        service.give_back(writing, declared, read["how"], read["evidence"], **how)
    elif step == "put_away":
        service.put_away(writing, declared, read["reason"], **how)
    elif step == "managed":
        ties.manage(writing, declared, read["follows"], read["control"], **how)
    else:
        ties.acknowledge(writing, declared, "manager" if step == "read" else "contact", **how)


def _must_look_after(found: Declaration) -> frozenset[str]:
    """What they are towards it. One's own is on one's own page, never here."""
    roles = board.roles_towards(found, principal())
    if not roles & {"manager", "contact"}:
        abort(404)
    return roles


def _again(declaration_id: str, step: str, typed: Typed) -> str:
    log_read_again("declaration", declaration_id)
    with database().reading(principal()) as seeing:
        return _page(seeing, board.find(seeing, declaration_id) or abort(404), step, typed)


def _page(seeing: Session, found: Declaration, step: str, typed: Typed, done: str = "") -> str:
    patterns: Sequence[rules.Pattern] = ()
    if found.kind != "interest":
        with database().reading(DECLARING) as over_all:
            patterns = service.patterns_of(over_all, found, at(), policy())
    it = board.case_of(seeing, found, principal(), patterns)
    return page(
        "declarations/one.html", it=it, step=step, typed=typed, errors=typed.errors, key=typed.key or new_id(),
        words=words, policy=policy(), now=at(), say_pence=rules.say_pence, firms=board.firms(seeing),
        state=ties.state_of(found) if found.kind == "interest" else None, needs_leave=interests.NEEDS_LEAVE,
        done=words.STEPS.get({"read": "acknowledged", "heard": "acknowledged"}.get(done, done), ""),
        limit=rules.say_pence(policy().gifts.limit_pence.value),
    )  # fmt: skip


def _may_publish() -> bool:
    from fieldvisit.ground.roles import may_ever

    return may_ever(principal(), "declaration", "publish") is not None


# --- involved residents and panel members -------------------------------------------------------------------------


@desk.get("/office/declarations/involved")
@access("declaration", "involved")
def list_involved() -> Answer:
    log_access(reason="involved")
    today = london_date(at())
    found = involved.involved_now(session(), today, principal().areas)
    rows = [(one, undertakings.standings(session(), one.id)) for one in found]
    return page("declarations/involved_list.html", rows=rows, today=today, words=words)


@desk.get("/office/declarations/involved/<id:involved_id>")
@access("declaration", "involved")
def one_involved(involved_id: str) -> Answer:
    found = _involved(involved_id)
    log_access(found.id, reason="involved")
    return _involved_page(found, Typed.nothing())


@desk.post("/office/declarations/involved/<id:involved_id>/recused")
@access("declaration", "involved")
def recused(involved_id: str) -> Answer:
    """They took no part in an item of a meeting, or in a case, because of an interest (MR-5h, AL-5c)."""
    found, typed = _involved(involved_id), Typed(request.form)
    about = typed.choice("about", undertakings.ABOUT, "Say whether it was a meeting or a case.")
    held_on = typed.day("on", "Say on which day.")
    said = typed.words("words", most=forms.LONG)
    if not typed.errors and about and held_on:
        try:
            undertakings.record_recusal(
                session(), "involved", found.id, about, held_on=held_on, left=typed.ticked("left"), words=said,
                key=typed.key or abort(400), by=principal().person_id, at=at(), policy=policy(),
            )  # fmt: skip
        except RefusedError as refused:
            box = {"with-hr": "words"}.get(refused.verdict.code) or forms.BOXES.get(refused.verdict.code, "")
            typed.wrong(box, refused.verdict.message)
    if typed.errors:
        session().rollback()
        log_read_again("declaration", involved_id)
        return _involved_page(_involved(involved_id), typed), 422
    log_access(found.id, reason="recused")
    return redirect(f"/office/declarations/involved/{involved_id}", 303)


def _involved(involved_id: str) -> InvolvedPerson:
    found = session().get(InvolvedPerson, involved_id)
    if found is None or (found.area_id is not None and found.area_id not in principal().areas):
        abort(404)
    return found


def _involved_page(found: InvolvedPerson, typed: Typed) -> str:
    return page(
        "declarations/involved_one.html", involved=found, standings=undertakings.standings(session(), found.id),
        recusals=undertakings.recusals_of(session(), found.id), typed=typed, errors=typed.errors,
        interests=undertakings.open_interests(session(), found.id), key=typed.key or new_id(), words=words,
        today=london_date(at()),
    )  # fmt: skip
