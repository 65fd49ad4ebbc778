"""`/office/codes`: versions of the codes, from draft to live; who has signed, who is due and who is blocked."""

from flask import Blueprint, Response, abort, current_app, redirect, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from fieldvisit.codes import catalogue, forms, own, roll, rules, version_rules, versions
from fieldvisit.codes.forms import Typed
from fieldvisit.codes.models import CodeVersion
from fieldvisit.codes.routes import handed_over
from fieldvisit.codes.text import MAX_BYTES, TextRefused, Upload, read_upload
from fieldvisit.codes.version_rules import Act
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import may_ever
from fieldvisit.ground.sheet import sheet
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register.models import Person
from fieldvisit.web.access import access, at, database, log_access, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("code_desk", __name__)
Answer = str | BaseResponse | tuple[str, int]
AROUND_THE_FILE = 16 * 1024  # bytes of the form that are not the file
STAGES = {
    "draft": ("Draft", "quiet", "pen"), "consulting": ("Being consulted on", "special", "lens"),
    "approved": ("Approved", "calm", "part"), "live": ("Live", "good", "tick"), "retired": ("Retired", "quiet", "cross"),
}  # fmt: skip
DONE = {
    "started": "The version is started. Upload its text next.", "text": "The text is kept, with its hash.",
    "consult": "The consultation has begun.", "approve": "The version is approved.", "go_back": "It is a draft again.",
    "go_live": "It is live on the day that you chose. Everybody whom it binds is asked.",
    "small": "It is kept that you saw that the change is small.",
    "offered": "Those whom it would bind may read and sign this draft now. It binds nobody.",
}  # fmt: skip


@blueprint.get("/office/codes")
@access("code", "list")
def list_codes() -> Answer:
    every = versions.all_versions(session())
    return page(
        "codes/list.html", versions=every, counts=roll.counts(session(), principal()), stages=STAGES, roll=roll,
        questions=roll.open_questions(session(), principal()), scans=roll.waiting_scans(session(), principal()),
        firms=roll.firms(session(), principal()), may=_may(), now=at(), done=request.args.get("done", ""),
        nobodys=roll.without_recorder(session(), at()) if _may()["publish"] or _may()["record"] else (),
    )  # fmt: skip


@blueprint.get("/office/codes/new")
@access("code", "publish")
def new() -> Answer:
    return _new_page(Typed())


@blueprint.post("/office/codes/new")
@access("code", "publish")
def start() -> Answer:
    typed = Typed(request.form)
    wanted = forms.read_new(typed, [each.code for each in own.known_documents()])
    if not typed.errors:
        try:
            version = versions.start(session(), wanted, by=principal().person_id, at=at())
            log_access(version.id, reason="started")
            return redirect(f"/office/codes/{version.id}?done=started", 303)
        except RefusedError as refused:
            typed.wrong("version" if refused.verdict.code == "same-name" else "document", refused.verdict.message)
    return _new_page(typed), 422


@blueprint.get("/office/codes/clauses")
@access("code", "list")
def clauses() -> Answer:
    """From each clause to where it lives in the product."""
    served = current_app.extensions["fv_served"]
    return page(
        "codes/clauses.html", documents=own.known_documents(), only=request.args.get("code", "")[:4], served=served,
        ways=catalogue.MET, say_procedure=own.say_procedure,
    )  # fmt: skip


@blueprint.get("/office/codes/people")
@access("code", "list")
def people() -> Answer:
    show, document = request.args.get("show", ""), request.args.get("code", "")[:4]
    show = show if show in roll.SHOWS else ""
    found = roll.rows(session(), principal(), show, document)
    return page(
        "codes/people.html", rows=found[: roll.MOST],
        more=len(found) - roll.MOST, show=show, shows=roll.SHOWS, document=document, standings=roll.STANDINGS,
        documents=own.known_documents(), now=at(),
    )  # fmt: skip


@blueprint.get("/office/codes/people.csv")
@access("code", "file")
def people_csv() -> Answer:
    log_access(reason="csv")
    show = request.args.get("show", "")
    made = roll.sheet_rows(session(), principal(), show if show in roll.SHOWS else "")
    headers = {"Content-Disposition": 'attachment; filename="codes-signed.csv"'}
    return Response(sheet(made), mimetype="text/csv", headers=headers)


@blueprint.get("/office/codes/<id:version_id>")
@access("code", "list")
def one(version_id: str) -> Answer:
    return _page(_found(version_id))


@blueprint.get("/office/codes/<id:version_id>/<word:text_kind>.document")
@access("code", "list")
def document(version_id: str, text_kind: str) -> Answer:
    version = _found(version_id)
    return handed_over(versions.content_of(session(), version.id, text_kind) or abort(404), version)


@blueprint.post("/office/codes/<id:version_id>/text")
@access("code", "publish")
def upload(version_id: str) -> Answer:
    """The document, as bytes: looked at before anything is locked."""
    typed = Typed()
    try:
        sent, kind = _sent()
        with database().reading(principal()) as reading:
            if versions.find(reading, version_id) is None:
                abort(404)
        version = versions.find(session(), version_id, lock=True) or abort(404)
        versions.add_text(session(), version, kind, sent, by=principal().person_id, at=at())
    except TextRefused as refused:
        typed.wrong("file", refused.sentence)
    except RefusedError as no:
        typed.wrong("file", no.verdict.message)
    if typed.errors:
        return _page(_found(version_id), typed), 422
    log_access(version.id, reason=f"text {kind}")
    return redirect(f"/office/codes/{version.id}?done=text", 303)


@blueprint.post("/office/codes/<id:version_id>/offer")
@access("code", "publish")
def offer(version_id: str) -> Answer:
    """A draft that people may read and sign although it binds nobody (reading Q24)."""
    version = versions.find(session(), version_id, lock=True) or abort(404)
    if not version.is_draft:
        abort(404)
    version.offered = not version.offered
    log_access(version.id, reason="offered" if version.offered else "offered no more")
    return redirect(f"/office/codes/{version.id}?done={'offered' if version.offered else ''}", 303)


@blueprint.post("/office/codes/<id:version_id>/small")
@access("code", "countersign")
def small(version_id: str) -> Answer:
    """A second person has laid both texts side by side: after a small change nobody is asked, and nobody signs."""
    version = versions.find(session(), _found(version_id).id, lock=True) or abort(404)
    try:
        versions.say_small(session(), version, by=principal().person_id, at=at())
    except RefusedError as refused:
        session().rollback()
        typed = Typed()
        typed.wrong("", refused.verdict.message)
        return _page(_found(version_id), typed), 409
    log_access(version.id, reason="small")
    return redirect(f"/office/codes/{version.id}?done=small", 303)


@blueprint.post("/office/codes/<id:version_id>/<word:move>")
@access("code", "publish")
def work(version_id: str, move: str) -> Answer:
    """Somebody who was faster is no mistake: the second is told, and nothing that was typed is lost."""
    version = versions.find(session(), version_id, lock=True) or abort(404)
    if move not in set(Act):
        abort(404)
    act = Act(move)
    typed, status = Typed(request.form), 422
    said = forms.read_act(act, typed)
    if not typed.errors:
        try:
            versions.do(session(), version, act, said, by=principal().person_id, at=at(), policy=policy())
            log_access(version.id, reason=act.value)
            return redirect(f"/office/codes/{version.id}?done={act.value}", 303)
        except RefusedError as refused:
            status = 409 if refused.verdict.code == "not-now" else 422
            typed.wrong(_field(refused.verdict.code), refused.verdict.message)
    session().rollback()
    return _page(_found(version_id), typed), status


def _field(code: str) -> str:
    return {
        "no-change": "change", "not-consulted": "consulted", "still-consulting": "consulted_until",
        "ended-before": "consulted_until", "no-approval": "approved_by", "no-owner": "owner", "no-day": "live_from",
        "past": "live_from", "no-review": "review_on",
    }.get(code, "")  # fmt: skip


def _sent() -> tuple[Upload, str]:
    """Raises TextRefused. No bytes are read before it is known who asks; the token is checked here (faces.py)."""
    request.max_content_length = MAX_BYTES + AROUND_THE_FILE
    try:
        current_app.extensions["csrf"].protect()
        chosen, kind = request.files.get("file"), request.form.get("kind", "")
        raw = chosen.read() if chosen else b""
    except RequestEntityTooLarge:
        raise TextRefused(
            "too-large", "This file is over 4 MB. Save the code without pictures and try again."
        ) from None
    if kind not in versions.TEXTS:
        raise TextRefused("no-kind", "Choose what kind of text this is.")
    return read_upload(raw), kind


def _found(version_id: str) -> CodeVersion:
    """A draft is the administrator's and the officers' until it is live: a firm sees what binds it."""
    version = versions.find(session(), version_id) or abort(404)
    hidden = version.is_draft and not may_ever(principal(), "code", "record") and not _may()["publish"]
    return abort(404) if hidden else version


def _may() -> dict[str, bool]:
    return {act: bool(may_ever(principal(), "code", act)) for act in ("publish", "record", "countersign", "scan")}


def _page(version: CodeVersion, typed: Typed | None = None) -> str:
    typed = typed or Typed()
    steps = versions.steps_of(session(), version.id)
    names = {step.by_id: session().get_one(Person, step.by_id).name for step in steps if step.by_id}
    open_acts = [act.value for stage, act in version_rules.MOVES if stage is version.stage]
    return page(
        "codes/version.html", version=version, texts=versions.texts_of(session(), version.id), steps=steps, names=names,
        stages=STAGES, labels=versions.TEXTS, binds=rules.BINDS, typed=typed, errors=typed.errors, acts=open_acts,
        counts=roll.counts(session(), principal()).get(version.id, {}), standings=roll.STANDINGS, may=_may(),
        done=DONE.get(request.args.get("done", ""), ""), document=versions.document_of(version.document),
        procedure=own.say_procedure(version.document),
        sections=versions.sections(session(), version), ours=versions.is_ours(session(), version), today=london_date(at()),
        review_day=versions.review_after(london_date(at()), policy()), kinds=versions.kinds_open(session(), version),
        settings=policy(), small_said=versions.small_said(session(), version), before=versions.before(session(), version),
    )  # fmt: skip


def _new_page(typed: Typed) -> str:
    return page(
        "codes/new.html", typed=typed, errors=typed.errors, documents=own.known_documents(), binds=rules.BINDS,
        usual=versions.BINDS,
    )  # fmt: skip
