"""`/codes`: what binds whoever is signed in, to read, ask about and sign. Without a script as well."""

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from fieldvisit.codes import forms, related, rules, service, training, versions
from fieldvisit.codes.forms import Typed
from fieldvisit.codes.models import CodeText, CodeVersion
from fieldvisit.codes.text import HTML
from fieldvisit.codes.version_rules import Stage
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register.models import Person
from fieldvisit.web.access import access, at, database, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("codes", __name__)
Answer = str | BaseResponse | tuple[str, int]
ALL = "all"
# An uploaded page, as its bytes are: it may run nothing, load nothing, and be framed by nobody.
SEALED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"


@blueprint.get("/codes")
@access("code", "read")
def mine() -> Answer:
    person = _me()
    held = service.standings(session(), [person], london_date(at()))[person.id]
    return page(
        "codes/mine.html", held=held, drafts=_my_drafts(person), signatures=service.signatures(session(), person),
        questions=service.questions_of(session(), person), words=rules, now=at(), done=request.args.get("done", ""),
        runs_out=training.runs_out_for(session(), person, london_date(at()), policy()), today=london_date(at()),
    )  # fmt: skip


@blueprint.get("/codes/file")
@access("code", "read")
def file() -> Answer:
    """My own training file, as it is exported for me: to be printed."""
    person = _me()
    return page(
        "codes/file.html", subject=person, signatures=service.signatures(session(), person), words=rules, now=at(),
        training=training.records_of(session(), person.id), kinds=training.KINDS, own=True,
    )  # fmt: skip


@blueprint.get("/codes/<id:version_id>")
@access("code", "read")
def read(version_id: str) -> Answer:
    version = _readable(version_id)
    sections = versions.sections(session(), version)
    asked = request.args.get("part", "")
    issue = service.issue_of(session(), _me(), version.id)
    kept = issue.part if issue else 0
    part = min(int(asked), len(sections)) if asked.isascii() and asked.isdecimal() and int(asked) > 0 else kept + 1
    part = min(part, kept + 1, max(len(sections), 1))
    texts = versions.texts_of(session(), version.id)
    return page(
        "codes/read.html", version=version, sections=sections, part=part, all=asked == ALL, kept=kept, texts=texts,
        ours=versions.is_ours(session(), version), done=request.args.get("done", ""), key=new_id(), document=_document(version),
        read_at=issue.read_at if issue else None, labels=versions.TEXTS, related=related.beside(version.document),
        must_open=versions.must_be_opened(session(), version), opened=service.has_opened(session(), _me(), version),
        open_first=rules.OPEN_FIRST,
    )  # fmt: skip


@blueprint.post("/codes/<id:version_id>/read")
@access("code", "read")
def save(version_id: str) -> Answer:
    """One more section read; after the last, the form to sign, and none is left out on the way. A text that is a PDF alone
    has one: 'I have read it', which is believed of nobody to whom it was not handed."""
    version, person = _readable(version_id), _me()
    parts = max(len(versions.sections(session(), version)), 1)
    asked = request.form.get("part", "")
    if asked in (ALL, str(parts)) and not service.has_opened(session(), person, version):
        return redirect(f"/codes/{version.id}?done=not-opened", 303)
    part = parts if asked == ALL else int(asked) if asked.isascii() and asked.isdecimal() else 0
    row = service.read_part(session(), person, version, part, parts, "all" if asked == ALL else "sections", at())
    if part >= parts and row.read_at:
        return redirect(f"/codes/{version.id}/sign", 303)
    return redirect(f"/codes/{version.id}?part={min(part + 1, row.part + 1, parts)}", 303)


@blueprint.get("/codes/<id:version_id>/sign")
@access("code", "read")
def form(version_id: str) -> Answer:
    return _sign_page(_readable(version_id), Typed())


@blueprint.post("/codes/<id:version_id>/sign")
@access("code", "read")
def sign(version_id: str) -> Answer:
    version, person, typed = _readable(version_id), _me(), Typed(request.form)
    issue = service.issue_of(session(), person, version.id)
    signing, drawn = forms.read_signing(typed, has_read=bool(issue and issue.read_at))
    if not typed.errors:
        try:
            service.sign_now(session(), person, version, signing, at(), drawn)
        except RefusedError as refused:
            typed.wrong(_field(refused.verdict.code), refused.verdict.message)
    if typed.errors:
        session().rollback()
        return _sign_page(_readable(version_id), typed), 422
    return redirect("/codes?done=signed", 303)


@blueprint.post("/codes/<id:version_id>/ask")
@access("code", "read")
def ask(version_id: str) -> Answer:
    """A question to the manager, or for a printed copy. It keeps nobody from signing."""
    version, person, typed = _readable(version_id), _me(), Typed(request.form)
    paper = typed.ticked("paper")
    said = typed.words("said", "" if paper else "Write your question first.", 2000)
    key = typed.key or abort(400)
    if typed.errors:
        return redirect(f"/codes/{version.id}?done=nothing-asked", 303)
    service.ask(session(), person, version, said, at(), key=key, kind="paper" if paper else "question", policy=policy())
    return redirect(f"/codes/{version.id}?done={'paper' if paper else 'asked'}", 303)


@blueprint.get("/codes/<id:version_id>/<word:text_kind>.document")
@access("code", "read")
def document(version_id: str, text_kind: str) -> Answer:
    """The bytes as they were uploaded, whose hash is signed. That I was given them is written down: nobody signs unopened."""
    version = _readable(version_id)
    answer = handed_over(versions.content_of(session(), version.id, text_kind) or abort(404), version)
    if request.method == "GET":
        with database().writing(principal()) as writing:
            me = writing.get_one(Person, principal().person_id)
            service.handed_over(writing, me, writing.get_one(CodeVersion, version.id), at())
    return answer


def handed_over(text: CodeText, version: CodeVersion) -> Response:
    """A PDF as a file; a page as a document of its own, in which nothing runs."""
    is_page = text.media_type == HTML
    name = f"{version.document}-{text.sha256[:12]}.{'html' if is_page else 'pdf'}"
    headers = {
        "Content-Disposition": f'{"inline" if is_page else "attachment"}; filename="{name}"',
        "Content-Security-Policy": SEALED,
    }
    return Response(
        text.content, content_type="text/html; charset=utf-8" if is_page else text.media_type, headers=headers
    )


def _sign_page(version: CodeVersion, typed: Typed) -> str:
    person = _me()
    issue = service.issue_of(session(), person, version.id)
    return page(
        "codes/sign.html", version=version, typed=typed, errors=typed.errors, says=rules.SAYS,
        signature=service.signature_of(session(), person, version.id), read_at=issue.read_at if issue else None,
        known={
            "name": person.name, "position": person.position,
            "organisation": person.firm.name if person.firm else policy().council.name,
        },
        today=london_date(at()), action=f"/codes/{version.id}/sign", ours=versions.is_ours(session(), version),
        opened=service.has_opened(session(), person, version), open_first=rules.OPEN_FIRST,
    )  # fmt: skip


def _field(code: str) -> str:
    return {
        "no-name": "name", "no-position": "position", "no-organisation": "organisation", "no-tick": "agrees",
        "not-opened": "document",
    }.get(code, "")  # fmt: skip


def _me() -> Person:
    return session().get_one(Person, principal().person_id)


def _document(version: CodeVersion) -> object:
    return versions.document_of(version.document)


def _my_drafts(person: Person) -> list[CodeVersion]:
    found = service.codes_binding(session(), person, london_date(at()))
    return [version for version in found if version.is_draft and version.offered]


def _readable(version_id: str) -> CodeVersion:
    """What is live; what I signed; and a draft that is offered to those whom it would bind. Anything else is not there."""
    version = versions.find(session(), version_id) or abort(404)
    if version.stage is Stage.LIVE:
        return version
    if version.stage is Stage.RETIRED and service.signature_of(session(), _me(), version.id):
        return version
    return version if version in _my_drafts(_me()) else abort(404)
