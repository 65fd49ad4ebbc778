"""A version of a code from its draft to the day on which the next one takes its place (D9; HS-2.4b, HS-4, MR-8a, MR-8b)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, undefer

from fieldvisit.codes import rules, version_rules
from fieldvisit.codes.catalogue import Document
from fieldvisit.codes.models import Acknowledgement, CodeIssue, CodeStep, CodeText, CodeVersion
from fieldvisit.codes.own import known_documents
from fieldvisit.codes.text import HTML, Section, Upload, sections_of, sections_of_clauses
from fieldvisit.codes.version_rules import Act, Stage, VersionFacts
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Refused, RefusedError, insist
from fieldvisit.register.same import same_ids

# Whom each of the five binds unless the administrator says otherwise: as its own words do.
BINDS = {
    "ME": ["operative", "officer"], "MO": ["employee"], "MR": ["resident"], "AL": ["panel"], "HS": ["housing"],
}  # fmt: skip
TEXTS = {"signed": "The document that people sign", "html": "The same as a plain page", "large_print": "Large print"}
NO_TEXT = "0" * 64


@dataclass(frozen=True, slots=True)
class New:
    """significant: everybody must sign again. change: what is new in it, in words that those who sign are told."""

    document: str
    version: str
    significant: bool
    change: str
    binds: tuple[str, ...]
    author: str = ""


def document_of(code: str) -> Document | None:
    return next((each for each in known_documents() if each.code == code), None)


def all_versions(session: Session) -> list[CodeVersion]:
    """By code, the newest first."""
    newest = CodeVersion.live_from.desc().nulls_first()
    return list(session.scalars(select(CodeVersion).order_by(CodeVersion.document, newest, CodeVersion.version.desc())))


def find(session: Session, version_id: str, *, lock: bool = False) -> CodeVersion | None:
    wanted = select(CodeVersion).where(CodeVersion.id == version_id)
    return session.scalars(wanted.with_for_update() if lock else wanted).first()


def start(session: Session, new: New, *, by: str | None, at: datetime) -> CodeVersion:
    """Raises RefusedError."""
    document = document_of(new.document)
    if document is None:
        raise RefusedError(Refused("no-code", "Choose a code from the list."))
    same = select(func.count()).where(CodeVersion.document == new.document, CodeVersion.version == new.version)
    if session.scalar(same):
        raise RefusedError(Refused("same-name", "There is a version of this code with that name. Give it another."))
    version = CodeVersion(
        document=new.document, version=new.version, title=document.title, status=Stage.DRAFT.value,
        significant=new.significant, change=new.change, binds=list(new.binds), text_sha256=NO_TEXT, author=new.author,
    )  # fmt: skip
    session.add(version)
    session.flush()
    _step(session, version, "started", by, at)
    return version


def add_text(
    session: Session, version: CodeVersion, kind: str, upload: Upload, *, by: str | None, at: datetime
) -> CodeText:
    """Raises RefusedError. Until it is approved or signed a text may be replaced; whoever had read it reads it anew."""
    there, signed = texts_of(session, version.id), _is_signed(session, version)
    insist(version_rules.may_upload(version.stage, kind, signed=signed, there=kind in there))
    if kind == "html" and upload.media_type != HTML:
        raise RefusedError(Refused("no-page", "Upload a page (HTML) here: it is for those who cannot use the PDF."))
    session.execute(delete(CodeText).where(CodeText.code_version_id == version.id, CodeText.kind == kind))
    row = CodeText(
        code_version_id=version.id, kind=kind, media_type=upload.media_type, sha256=upload.sha256,
        size=len(upload.content), content=upload.content, uploaded_at=at, uploaded_by=by,
    )  # fmt: skip
    session.add(row)
    if kind == "signed":
        version.text_sha256 = upload.sha256
    if kind != "large_print":
        issued = update(CodeIssue).where(CodeIssue.code_version_id == version.id)
        session.execute(issued.values(part=0, read_at=None, document_at=None))
    session.flush()
    _step(session, version, "text", by, at, of=kind, sha256=upload.sha256)
    return row


def kinds_open(session: Session, version: CodeVersion) -> list[tuple[str, str]]:
    """(kind, words) of the texts that may be put to it now."""
    there, signed = texts_of(session, version.id), _is_signed(session, version)
    return [
        (kind, words) for kind, words in TEXTS.items()
        if version_rules.may_upload(version.stage, kind, signed=signed, there=kind in there)
    ]  # fmt: skip


def _is_signed(session: Session, version: CodeVersion) -> bool:
    return bool(session.scalar(select(func.count()).where(Acknowledgement.code_version_id == version.id)))


def texts_of(session: Session, version_id: str) -> dict[str, CodeText]:
    return {row.kind: row for row in session.scalars(select(CodeText).where(CodeText.code_version_id == version_id))}


def content_of(session: Session, version_id: str, kind: str) -> CodeText | None:
    wanted = select(CodeText).where(CodeText.code_version_id == version_id, CodeText.kind == kind)
    return session.scalars(wanted.options(undefer(CodeText.content))).first()


def facts(session: Session, version: CodeVersion, **said: Any) -> VersionFacts:
    """said: what a form says now, over what is kept."""
    texts = texts_of(session, version.id)
    formats = {"large_print"} & set(texts)
    if any(text.media_type == HTML for text in texts.values()):
        formats.add("html")
    kept: dict[str, Any] = {
        "stage": version.stage, "significant": version.significant, "has_text": "signed" in texts,
        "formats": frozenset(formats), "owner": version.owner, "review_on": version.review_on,
        "live_from": version.live_from, "approved_on": version.approved_on, "approved_by": version.approved_by,
        "change": version.change, "consulted": version.consulted, "consulted_from": version.consulted_from,
        "consulted_until": version.consulted_until, "small_said": small_said(session, version) is not None,
    }  # fmt: skip
    return VersionFacts(**(kept | {name: value for name, value in said.items() if name in kept}))


def do(
    session: Session,
    version: CodeVersion,
    act: Act,
    said: Mapping[str, Any],
    *,
    by: str | None,
    at: datetime,
    policy: Policy,
) -> None:
    """One act on a locked version. said: what the form adds to it. Raises RefusedError."""
    on = london_date(at)
    insist(version_rules.may(act, facts(session, version, **said), on))
    for name, value in said.items():
        setattr(version, name, value)
    match act:
        case Act.CONSULT:
            version.status = Stage.CONSULTING.value
        case Act.APPROVE:
            version.status = Stage.APPROVED.value
        case Act.GO_BACK:
            version.status, version.live_from, version.approved_on = Stage.DRAFT.value, None, None
            version.approved_by = ""
        case Act.GO_LIVE:
            version.grace_days, version.chase_days = policy.people.code_grace_days.value, policy.codes.chase_days.value
            if version_rules.is_ripe(facts(session, version), on):
                _make_live(session, version)
    _step(session, version, act.value, by, at, **{name: str(value) for name, value in said.items()})


def say_small(session: Session, version: CodeVersion, *, by: str, at: datetime) -> None:
    """By a second person, of the text as it is now. Raises RefusedError."""
    made_by = {step.by_id for step in steps_of(session, version.id) if step.by_id and step.kind in ("started", "text")}
    insist(version_rules.may_say_small(facts(session, version), same_ids(session, made_by), by))
    if small_said(session, version) is None:
        _step(session, version, "small", by, at, sha256=version.text_sha256)
        session.flush()


def small_said(session: Session, version: CodeVersion) -> CodeStep | None:
    """Of another text it would have to be said anew."""
    said = [step for step in steps_of(session, version.id) if step.kind == "small"]
    return next((step for step in said if step.body.get("sha256") == version.text_sha256), None)


def before(session: Session, version: CodeVersion) -> CodeVersion | None:
    """What is live of the same code, to be laid beside it."""
    wanted = select(CodeVersion).where(CodeVersion.document == version.document, CodeVersion.id != version.id)
    return session.scalars(wanted.where(CodeVersion.status == Stage.LIVE.value)).first()


def make_ripe_ones_live(session: Session, at: datetime) -> list[CodeVersion]:
    """Approved versions whose day has come: the worker's, once a day."""
    on, done = london_date(at), []
    waiting = select(CodeVersion).where(CodeVersion.status == Stage.APPROVED.value, CodeVersion.live_from.is_not(None))
    for version in session.scalars(waiting.order_by(CodeVersion.live_from).with_for_update()):
        if version_rules.is_ripe(facts(session, version), on):
            _make_live(session, version)
            _step(session, version, "live", None, at)
            done.append(version)
    return done


def _make_live(session: Session, version: CodeVersion) -> None:
    """One live version of each code at a time: the old one ends on the day on which this one begins."""
    before = select(CodeVersion).where(
        CodeVersion.document == version.document, CodeVersion.status == Stage.LIVE.value, CodeVersion.id != version.id
    )
    for old in session.scalars(before.with_for_update()):
        old.status, old.retired_on = Stage.RETIRED.value, version.live_from
    version.status = Stage.LIVE.value
    session.flush()


def steps_of(session: Session, version_id: str) -> Sequence[CodeStep]:
    wanted = select(CodeStep).where(CodeStep.code_version_id == version_id).order_by(CodeStep.at, CodeStep.id)
    return session.scalars(wanted).all()


def _step(session: Session, version: CodeVersion, kind: str, by: str | None, at: datetime, **body: str) -> None:
    session.add(CodeStep(code_version_id=version.id, kind=kind, at=at, by_id=by, body=body))


def sections(session: Session, version: CodeVersion) -> list[Section]:
    """What is read: the council's page, cleaned; else our own words for its clauses, which say that they are ours."""
    texts = texts_of(session, version.id)
    for kind in ("signed", "html"):
        if kind in texts and texts[kind].media_type == HTML:
            row = content_of(session, version.id, kind)
            return sections_of(row.content) if row else []
    document = document_of(version.document)
    return sections_of_clauses(document.clauses) if document else []


def is_ours(session: Session, version: CodeVersion) -> bool:
    """Is what `sections` gives our own summary, and no text of the council's?"""
    return version.is_summary or all(text.media_type != HTML for text in texts_of(session, version.id).values())


def must_be_opened(session: Session, version: CodeVersion) -> bool:
    """Is what is signed a file that `sections` does not give?"""
    return rules.must_be_opened([text.media_type == HTML for text in texts_of(session, version.id).values()])


def review_after(live_from: date, policy: Policy) -> date:
    """When a code that begins on that day is looked at again, unless its owner says another day (MR-8a)."""
    return rules.months_on(live_from, policy.codes.review_months.value)
