"""Whom the codes bind, how each person stands with them, and signing (D9; ME-9a, ME-Ack1, ME-Ack2, MR-9, AL-7a)."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from fieldvisit.codes import rules, versions
from fieldvisit.codes.models import Acknowledgement, CodeIssue, CodeQuestion, CodeVersion
from fieldvisit.codes.rules import InForce, Signing, Standing, Stands, Who
from fieldvisit.codes.version_rules import Stage
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import insist
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Person
from fieldvisit.tasks import Task, raise_task

Subject = Person | InvolvedPerson
WAS_LIVE = (Stage.LIVE.value, Stage.RETIRED.value)


@dataclass(frozen=True, slots=True)
class Held:
    """One code and one person: the version that binds them now, and how they stand with it."""

    version: CodeVersion
    stands: Stands
    issue: CodeIssue | None = None

    @property
    def to_do(self) -> bool:
        return self.stands.standing in rules.TO_DO


# --- whom they bind -----------------------------------------------------------------------------------------------


def who(subject: Subject) -> Who:
    if isinstance(subject, InvolvedPerson):
        return Who(involved=subject.kind)
    return Who(subject.role, of_a_firm=subject.firm_id is not None, half_housing=subject.half_housing)


def subject_of(session: Session, kind: str, subject_id: str) -> Subject | None:
    """kind: "person" or "involved", as cases and declarations name somebody."""
    return session.get(Person, subject_id) if kind == "person" else session.get(InvolvedPerson, subject_id)


def codes_binding(session: Session, subject: Subject, on: date) -> list[CodeVersion]:
    """The version of each code that binds this person on that London date; and drafts that would, which say `is_draft`.

    A draft binds nobody: it may be shown and signed, and no case may rest on it alone (reading Q24).
    """
    mine = who(subject)
    found = versions_binding(session, mine, on)
    drafts = select(CodeVersion).where(CodeVersion.status.not_in(WAS_LIVE)).order_by(CodeVersion.document)
    return found + [version for version in session.scalars(drafts) if rules.is_bound(version.binds, mine)]


def in_force(session: Session, on: date) -> list[CodeVersion]:
    """One version of each code: that of the day."""
    return [version for line in _histories(session).values() if (version := _current(line, on))]


def versions_binding(session: Session, mine: Who, on: date) -> list[CodeVersion]:
    """What anybody like this must have signed by that London date."""
    return [version for version in in_force(session, on) if rules.is_bound(version.binds, mine)]


def _histories(session: Session) -> dict[str, list[CodeVersion]]:
    """Every version that is or was live, of each code, the oldest first."""
    wanted = select(CodeVersion).where(CodeVersion.status.in_(WAS_LIVE), CodeVersion.live_from.is_not(None))
    found: dict[str, list[CodeVersion]] = {}
    for version in session.scalars(wanted.order_by(CodeVersion.document, CodeVersion.live_from, CodeVersion.id)):
        found.setdefault(version.document, []).append(version)
    return found


def _current(line: Sequence[CodeVersion], on: date) -> CodeVersion | None:
    now = rules.current([_in_force(version) for version in line], on)
    return next((version for version in line if now and version.id == now.id), None)


def _in_force(version: CodeVersion) -> InForce:
    assert version.live_from, "asked of versions that are or were live"
    return InForce(
        version.id, version.live_from, version.retired_on, version.significant, version.grace_days, version.chase_days
    )


# --- how people stand ---------------------------------------------------------------------------------------------


def has_signed(session: Session, person: Person, on: date) -> bool:
    """May this person be sent to a door, as far as codes go? Each that binds them is signed, or within its days of grace.

    Asked at each check of a badge, so it asks two questions and no more.
    """
    mine, bound = who(person), False
    signed = _signed_by(session, [person.id], on).get(person.id, {})
    for line in _histories(session).values():
        version = _current(line, on)
        if version is None or not rules.is_bound(version.binds, mine):
            continue
        bound = True
        if not _stands(line, signed, on, mine).is_good:
            return False
    return bound


def standings(
    session: Session,
    subjects: Sequence[Subject],
    on: date,
    histories: Mapping[str, Sequence[CodeVersion]] | None = None,
) -> dict[str, list[Held]]:
    """For each of them, by id: the codes that bind them now. Asked once for all of them."""
    histories = _histories(session) if histories is None else histories
    ids = [subject.id for subject in subjects]
    signed = _signed_by(session, ids, on)
    issues = {
        (_whose(row), row.code_version_id): row for row in session.scalars(select(CodeIssue).where(_of(CodeIssue, ids)))
    }
    asked = _asked(session, ids)
    found: dict[str, list[Held]] = {}
    for subject in subjects:
        mine = who(subject)
        found[subject.id] = []
        for line in histories.values():
            version = _current(line, on)
            if version is None or not rules.is_bound(version.binds, mine):
                continue
            issue = issues.get((subject.id, version.id))
            stands = _stands(
                line, signed.get(subject.id, {}), on, mine, read=bool(issue and issue.read_at),
                questioned=(subject.id, version.id) in asked,
            )  # fmt: skip
            found[subject.id].append(Held(version, stands, issue))
    return found


def _stands(
    line: Sequence[CodeVersion],
    signed: Mapping[str, date],
    on: date,
    mine: Who,
    *,
    read: bool = False,
    questioned: bool = False,
) -> Stands:
    contractor = mine.is_contractor or bool(mine.involved)  # of those whom no manager here could ask first
    versions = [replace(_in_force(each), binds=rules.is_bound(each.binds, mine)) for each in line]
    return rules.stands(
        versions, signed.keys(), on, contractor=contractor, read=read, questioned=questioned,
        here_since=min(signed.values(), default=None),
    )  # fmt: skip


def _signed_by(session: Session, ids: Iterable[str], on: date) -> dict[str, dict[str, date]]:
    """Of each of them: the versions that they had signed by then, and since when."""
    rows = session.execute(
        select(
            Acknowledgement.person_id, Acknowledgement.involved_id, Acknowledgement.code_version_id,
            Acknowledgement.how, Acknowledgement.countersigned_at, Acknowledgement.signed_on,
        ).where(_of(Acknowledgement, ids), Acknowledgement.signed_on <= on)
    )  # fmt: skip
    found: dict[str, dict[str, date]] = {}
    for person_id, involved_id, version_id, how, countersigned_at, signed_on in rows:
        whose = person_id or involved_id
        if whose and (how != "paper" or countersigned_at is not None):
            found.setdefault(whose, {})[version_id] = signed_on
    return found


def _asked(session: Session, ids: Iterable[str]) -> set[tuple[str | None, str]]:
    """Who has asked a question, about which version."""
    wanted = select(CodeQuestion).where(_of(CodeQuestion, ids), CodeQuestion.kind == "question")
    return {(row.person_id or row.involved_id, row.code_version_id) for row in session.scalars(wanted)}


def _of(model: type[CodeIssue | Acknowledgement | CodeQuestion], ids: Iterable[str]) -> ColumnElement[bool]:
    ids = list(ids)
    return model.person_id.in_(ids) | model.involved_id.in_(ids)


def _whose(row: CodeIssue | Acknowledgement) -> str | None:
    return row.person_id or row.involved_id


# --- reading and signing ------------------------------------------------------------------------------------------


def issue(session: Session, subject: Subject, version: CodeVersion, at: datetime) -> CodeIssue:
    """That this person was given the version (ME-9a). Giving it twice is giving it once."""
    found = issue_of(session, subject, version.id)
    if found is None:
        with contextlib.suppress(IntegrityError), session.begin_nested():  # two presses at once
            session.add(CodeIssue(code_version_id=version.id, issued_at=at, part=0, format="", **_key(subject)))
        found = issue_of(session, subject, version.id)
        assert found, "one of the two presses wrote it"
    session.refresh(found, with_for_update=True)
    return found


def issue_to_all(session: Session, at: datetime) -> int:
    """Gives everybody whom a live code binds their copy, where they have none yet. How many were given."""
    on, count = london_date(at), 0
    histories = _histories(session)
    people: list[Subject] = list(session.scalars(select(Person).where(Person.disabled_at.is_(None))))
    people += [one for one in session.scalars(select(InvolvedPerson)) if one.is_involved(on)]
    by_id = {one.id: one for one in people}
    for whose, held in standings(session, people, on, histories).items():
        for each in held:
            if each.issue is None and each.to_do:
                issue(session, by_id[whose], each.version, at)
                count += 1
    return count


def read_part(
    session: Session, subject: Subject, version: CodeVersion, part: int, parts: int, format_: str, at: datetime
) -> CodeIssue:
    """The furthest section that was read is kept; the last one is the end of it. format_: "all" at once, or "sections"."""
    row = issue(session, subject, version, at)
    row.part, row.format = rules.furthest(row.part, part, parts, whole=format_ == "all"), format_
    if row.part >= parts and row.read_at is None:
        row.read_at = at
    return row


def handed_over(session: Session, subject: Subject, version: CodeVersion, at: datetime) -> None:
    """The document itself, in any of its formats. The first time counts."""
    row = issue(session, subject, version, at)
    row.document_at = row.document_at or at


def has_opened(session: Session, subject: Subject, version: CodeVersion) -> bool:
    """Or need not: what is signed stands on the page on which it is read."""
    if not versions.must_be_opened(session, version):
        return True
    row = issue_of(session, subject, version.id)
    return row is not None and row.document_at is not None


def issue_of(session: Session, subject: Subject, version_id: str) -> CodeIssue | None:
    wanted = select(CodeIssue).where(CodeIssue.code_version_id == version_id, _mine(CodeIssue, subject))
    return session.scalars(wanted).first()


def ask(
    session: Session, subject: Subject, version: CodeVersion, said: str, at: datetime, *, key: str, policy: Policy,
    kind: str = "question",
) -> CodeQuestion:  # fmt: skip
    """A question to the manager, or for a printed copy (MO-0c, MO-9a2). It does not keep anybody from signing."""
    already = session.scalars(select(CodeQuestion).where(CodeQuestion.form_key == key)).first()
    if already is not None:
        return already
    issue(session, subject, version, at)
    row = CodeQuestion(
        code_version_id=version.id, kind=kind, said=said, asked_at=at, answer="", form_key=key, **_key(subject)
    )
    session.add(row)
    session.flush()
    due = end_of_london_day(policy.working_days.after(london_date(at), policy.task.concern_wd.value))
    about = "involved" if isinstance(subject, InvolvedPerson) else "person"
    raise_task(
        session, f"code_{kind}", cause=f"code-question:{row.id}", about=about, about_id=subject.id, area_id=None, at=at,
        due=due,
    )  # fmt: skip
    return row


def answer(session: Session, question: CodeQuestion, said: str, *, by: str, at: datetime) -> None:
    """The first answer stands; the task about it is done."""
    if question.answered_at is not None:
        return
    question.answer, question.answered_at, question.answered_by = said, at, by
    for task in session.scalars(
        select(Task).where(Task.cause == f"code-question:{question.id}", Task.done_at.is_(None))
    ):
        task.done_at = at


def questions_of(session: Session, subject: Subject, version_id: str = "") -> list[CodeQuestion]:
    """The newest first; of one version, where it is named."""
    wanted = select(CodeQuestion).where(_mine(CodeQuestion, subject)).order_by(CodeQuestion.asked_at.desc())
    return [row for row in session.scalars(wanted) if version_id in ("", row.code_version_id)]


def sign_now(
    session: Session, subject: Subject, version: CodeVersion, signing: Signing, at: datetime, drawn: str = ""
) -> Acknowledgement:
    """In the person's own sign-in, or with their own word. Raises RefusedError. Signing twice is signing once."""
    signing = replace(signing, has_opened=has_opened(session, subject, version))
    insist(rules.may_sign(signing, version.text_sha256, version.stage))
    row = signature_of(session, subject, version.id)
    if row is not None and row.counts:
        return row
    says = {
        "signed_on": london_date(at), "recorded_at": at, "how": "drawn" if drawn else "typed", "name": signing.name,
        "position": signing.position, "organisation": signing.organisation, "text_sha256": signing.sha256, "drawn": drawn,
    }  # fmt: skip
    if row is None:
        with contextlib.suppress(IntegrityError), session.begin_nested():  # two presses at once
            session.add(Acknowledgement(code_version_id=version.id, **_key(subject), **says))
        row = signature_of(session, subject, version.id)
        assert row, "one of the two presses wrote it"
        return row
    for name, value in says.items():
        setattr(row, name, value)
    session.flush()
    return row


def keep_paper(
    session: Session, person: Person, version: CodeVersion, jpeg: bytes, signed_on: date, *, by: str, at: datetime
) -> Acknowledgement:
    """A scan, which counts once a second person has looked at it. A better scan may come until then."""
    row = signature_of(session, person, version.id)
    if row is not None and row.counts:
        return row
    if row is None:
        row = Acknowledgement(code_version_id=version.id, person_id=person.id)
        session.add(row)
    row.signed_on, row.recorded_at, row.how, row.paper, row.scanned_by = signed_on, at, "paper", jpeg, by
    row.name, row.position, row.text_sha256 = person.name, person.position, version.text_sha256
    row.organisation = person.firm.name if person.firm else ""
    session.flush()
    return row


def sign(session: Session, person: Person, version: CodeVersion, *, on: date, at: datetime) -> None:
    """From a file of people, which says the day and nothing of the text. Signing twice is signing once."""
    if signature_of(session, person, version.id) is None:
        session.add(
            Acknowledgement(
                person_id=person.id,
                code_version_id=version.id,
                signed_on=on,
                recorded_at=at,
                name=person.name,
                how="file",
            )
        )


def signature_of(session: Session, subject: Subject, version_id: str) -> Acknowledgement | None:
    wanted = select(Acknowledgement).where(
        Acknowledgement.code_version_id == version_id, _mine(Acknowledgement, subject)
    )
    return session.scalars(wanted).first()


@dataclass(frozen=True, slots=True)
class Signature:
    """One that somebody made, and what it is worth now: signed, or superseded by a newer one of the same code."""

    row: Acknowledgement
    version: CodeVersion
    standing: Standing


def signatures(session: Session, subject: Subject) -> list[Signature]:
    """Everything that this person ever signed, the newest first: kept for ever."""
    wanted = (
        select(Acknowledgement, CodeVersion)
        .join(CodeVersion, CodeVersion.id == Acknowledgement.code_version_id)
        .where(_mine(Acknowledgement, subject))
        .options(undefer(Acknowledgement.drawn))
        .order_by(Acknowledgement.signed_on.desc(), Acknowledgement.recorded_at.desc())
    )
    found, seen = [], set[str]()
    for row, version in session.execute(wanted):
        standing = Standing.SUPERSEDED if version.document in seen else Standing.SIGNED
        found.append(Signature(row, version, standing))
        if row.counts:
            seen.add(version.document)
    return found


def _mine(model: type[CodeIssue | Acknowledgement | CodeQuestion], subject: Subject) -> ColumnElement[bool]:
    if isinstance(subject, InvolvedPerson):
        return model.involved_id == subject.id
    return model.person_id == subject.id


def _key(subject: Subject) -> dict[str, str]:
    return {"involved_id" if isinstance(subject, InvolvedPerson) else "person_id": subject.id}
