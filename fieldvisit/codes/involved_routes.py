"""`/p/<token>/code/<version>`: an involved resident or panel member reads and signs their code (MR-9, AL-7a); and, at the
office, who they are, their link with its word, and their file.
"""

from collections.abc import Sequence
from datetime import datetime

from flask import Response, abort, current_app, redirect, request
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from fieldvisit.codes import forms, related, rules, service, versions
from fieldvisit.codes.file_routes import involved_in_reach
from fieldvisit.codes.forms import Typed
from fieldvisit.codes.models import CodeVersion
from fieldvisit.codes.office_routes import Answer, _may
from fieldvisit.codes.office_routes import blueprint as desk
from fieldvisit.codes.roll import STANDINGS
from fieldvisit.codes.routes import handed_over
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date, say_date
from fieldvisit.ground.roles import Principal, Role
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register import involved
from fieldvisit.register.involved import KINDS, InvolvedPerson, Line, adds_lines
from fieldvisit.register.involved_routes import blueprint, entered, key, send, typed
from fieldvisit.register.models import Area
from fieldvisit.web.access import access, at, log_access, no_cookie, policy, principal, session
from fieldvisit.web.render import page

WANTED = {
    "name": "Type your full name.", "position": "Type your part, such as panel member.",
    "organisation": "Type your panel or group.",
}  # fmt: skip


@adds_lines
def lines(session: Session, person: InvolvedPerson, at: datetime) -> Sequence[Line]:
    """Each code that binds them; and drafts that they are asked to read, which bind nobody."""
    on, found = london_date(at), []
    for held in service.standings(session, [person], on)[person.id]:
        signed = service.signature_of(session, person, held.version.id)
        says = (
            "You signed it on " + say_date(signed.signed_on) + "."
            if signed
            else "Please read it, and sign it at its end."
        )
        found.append(_line(held.version, says, held.stands.due_on, is_done=held.stands.is_good and bool(signed)))
    for version in service.codes_binding(session, person, on):
        if version.is_draft and version.offered:
            signed = service.signature_of(session, person, version.id)
            says = (
                "You signed this draft."
                if signed
                else "This is a draft. It binds nobody yet. You may read and sign it."
            )
            found.append(_line(version, says, None, is_done=bool(signed)))
    return found


def _line(version: CodeVersion, says: str, due: object, *, is_done: bool) -> Line:
    button = "Read it again" if is_done else "Read and sign"
    return Line(version.called, says, f"code/{version.id}", button, due, is_done)  # type: ignore[arg-type]


@blueprint.route("/p/<code:token>/code/<id:version_id>", methods=["POST"])
@access("involved", "open")
@no_cookie
def code(token: str, version_id: str) -> Response:
    """Looked at, opened, asked about, or signed: each is this page's own answer, and the word goes with each form."""
    with entered(token) as (writing, person):
        if isinstance(person, Response):
            return person
        allowed = [
            one for one in service.codes_binding(writing, person, london_date(at())) if not one.is_draft or one.offered
        ]
        version = next((one for one in allowed if one.id == version_id), None) or abort(404)
        said, done = Typed(typed()), ""
        match said.text("act", 10):
            case "sign":
                done = _sign(writing, person, version, said)
            case "ask":
                done = _ask(writing, person, version, said)
            case "open":
                text = versions.content_of(writing, version.id, said.text("text", 12)) or abort(404)
                service.handed_over(writing, person, version, at())
                return handed_over(text, version)
            case _:
                service.issue(writing, person, version, at())
        return send(
            "codes/involved.html", token, person, status=422 if said.errors else 200, version=version, typed=said,
            errors=said.errors, done=done, sections=versions.sections(writing, version), says=rules.SAYS, key=new_id(),
            signature=service.signature_of(writing, person, version.id), ours=versions.is_ours(writing, version),
            texts=versions.texts_of(writing, version.id), related=related.beside(version.document),
            questions=service.questions_of(writing, person, version.id), today=london_date(at()), labels=versions.TEXTS,
            must_open=versions.must_be_opened(writing, version), opened=service.has_opened(writing, person, version),
        )  # fmt: skip


def _sign(writing: Session, person: InvolvedPerson, version: CodeVersion, said: Typed) -> str:
    """The form stands after the last section of the whole text: who sends it was at its end."""
    signing, drawn = forms.read_signing(said, has_read=True, wanted=WANTED)
    if said.errors:
        return ""
    try:
        with writing.begin_nested():
            service.read_part(writing, person, version, 1, 1, "all", at())
            service.sign_now(writing, person, version, signing, at(), drawn)
    except RefusedError as refused:
        field = {"not-opened": "document"}.get(refused.verdict.code, refused.verdict.code.removeprefix("no-"))
        known = ("name", "position", "organisation", "document")
        said.wrong(field if field in known else "agrees", refused.verdict.message)
        return ""
    return "signed"


def _ask(writing: Session, person: InvolvedPerson, version: CodeVersion, said: Typed) -> str:
    paper = said.ticked("paper")
    words = said.words("said", "" if paper else "Write your question first.", 2000)
    if said.errors or said.key is None:
        return ""
    kind = "paper" if paper else "question"
    service.ask(writing, person, version, words, at(), key=said.key, kind=kind, policy=policy())
    return kind


# --- at the office ------------------------------------------------------------------------------------------------


@desk.get("/office/codes/involved")
@access("involved", "list")
def list_involved() -> Answer:
    log_access()
    return _list(Typed())


@desk.post("/office/codes/involved")
@access("involved", "change")
def take_in() -> Answer:
    said = Typed(request.form)
    kind = said.choice("kind", KINDS, "Choose how they take part.")
    name = said.words("name", "Type their name.", 200)
    starts_on = said.day("starts_on", "Say from which day they take part.")
    area_id = said.text("area_id", 32) or None
    if area_id is not None and area_id not in {area.id for area in _areas()}:
        said.wrong("area_id", "Choose one from the list.")
    if said.errors or starts_on is None:
        return _list(said), 422
    made = involved.take_in(
        session(), kind, name, starts_on=starts_on, area_id=area_id, organisation=said.text("organisation", 200),
        email=said.text("email", 200), phone=said.text("phone", 40), address=said.text("address", 400),
    )  # fmt: skip
    log_access(made.id, reason="taken in")
    return redirect(f"/office/codes/involved/{made.id}?done=taken", 303)


@desk.get("/office/codes/involved/<id:involved_id>")
@access("involved", "list")
def one_involved(involved_id: str) -> Answer:
    found = involved_in_reach(involved_id)
    log_access(found.id)
    return _one(found)


def _one(found: InvolvedPerson, link: str = "", word: str = "") -> str:
    """link, word: shown once, in the answer to whoever had them made. Both are the person's: who has them is that person."""
    on = london_date(at())
    held = service.standings(session(), [found], on)[found.id]
    return page(
        "codes/involved_one.html", one=found, held=held, standings=STANDINGS, link=link, word=word,
        signatures=service.signatures(session(), found), words=rules, done=request.args.get("done", ""), may=_may(),
        questions=service.questions_of(session(), found), on=on,
        stopped=involved.is_stopped(session(), found.id, at()),
    )  # fmt: skip


@desk.post("/office/codes/involved/<id:involved_id>/link")
@access("involved", "change")
def renew(involved_id: str) -> Answer:
    """A new link and a new word: the old ones open nothing from now on, and no page shows these again."""
    found = involved_in_reach(involved_id)
    involved.renew_link(session(), found, by=principal().person_id, at=at(), policy=policy())
    log_access(found.id, reason="new link")
    base = current_app.extensions["fv_config"].links_base
    return Response(
        _one(found, f"{base}/p/{involved.token_of(found, key())}", involved.word_of(found, key())),
        headers={"Cache-Control": "no-store"},
    )


@desk.post("/office/codes/involved/<id:involved_id>/ended")
@access("involved", "change")
def end(involved_id: str) -> Answer:
    found, said = involved_in_reach(involved_id), Typed(request.form)
    ends_on = said.day("ends_on", "Say which day is the last.")
    if ends_on is None or ends_on < found.starts_on:
        return redirect(f"/office/codes/involved/{found.id}?done=no-day", 303)
    found.ends_on = ends_on
    log_access(found.id, reason="ended")
    return redirect(f"/office/codes/involved/{found.id}?done=ended", 303)


def _reach(asking: Principal) -> frozenset[str] | None:
    return None if asking.role is Role.ADMINISTRATOR else asking.areas


def _areas() -> list[Area]:
    reach = _reach(principal())
    mine = true() if reach is None else Area.id.in_(reach)
    return list(session().scalars(select(Area).where(mine).order_by(Area.name)))


def _list(said: Typed) -> str:
    found = involved.involved_now(session(), london_date(at()), _reach(principal()))
    held = service.standings(session(), found, london_date(at()))
    return page(
        "codes/involved_list.html", people=found, held=held, standings=STANDINGS, typed=said, errors=said.errors, kinds=KINDS,
        areas=_areas(), today=london_date(at()), may_change=True,
        stopped=involved.stopped(session(), [one.id for one in found], at()),
    )  # fmt: skip
