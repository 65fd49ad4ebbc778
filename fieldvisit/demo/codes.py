"""The codes of the demo council: our own summaries, plainly marked (ruling R21), who signed them, and who did not in time."""

from datetime import date, datetime, timedelta
from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.codes import service, training, versions
from fieldvisit.codes.catalogue import Document, all_documents
from fieldvisit.codes.models import Acknowledgement, CodeIssue, CodeText, CodeVersion
from fieldvisit.codes.text import read_upload
from fieldvisit.codes.version_rules import Stage
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.register import involved
from fieldvisit.register.involved import InvolvedPerson
from fieldvisit.register.models import Person

FIRST, BEFORE, LAST = timedelta(days=1500), timedelta(days=420), timedelta(days=5)  # how long ago each version began
NEWEST = "Made up for this demonstration: the numbers to ring were looked at again. Everybody signs again."
DUE_AGAIN = ("cleo",)  # signed the version before, and has some days left
BLOCKED = ("gita",)  # signed only the first: not sent anywhere
POSITIONS = {"operative": "Engineer", "officer": "Housing officer"}


def code_versions(session: Session, policy: Policy, today: date) -> list[CodeVersion]:
    """Each code with its text. Of the code for visits there are three versions: people stand differently with them."""
    made = []
    for document in all_documents():
        binds = _binds(document.code, policy)
        if document.code == "ME":
            made += _three(session, document, binds, today)
        else:
            live = document.status == "live"
            version = _version(session, document, document.version, binds, today)
            version.live_from, version.status = today - BEFORE if live else None, document.status
            version.offered = not live
            made.append(version)
    session.flush()
    return made


def _three(session: Session, document: Document, binds: list[str], today: date) -> list[CodeVersion]:
    first, before, last = (_version(session, document, name, binds, today) for name in ("0.9", "1.0", "1.1"))
    first.live_from, first.retired_on, first.status = today - FIRST, today - BEFORE, Stage.RETIRED.value
    before.live_from, before.retired_on, before.status = today - BEFORE, today - LAST, Stage.RETIRED.value
    last.live_from, last.status, last.change = today - LAST, Stage.LIVE.value, NEWEST
    return [first, before, last]


def _version(session: Session, document: Document, name: str, binds: list[str], today: date) -> CodeVersion:
    upload = read_upload(_summary(document, name))
    live = document.status == "live"
    version = CodeVersion(
        document=document.code, version=f"{name.replace('February', 'Feb')} summary", title=document.title,
        status=Stage.DRAFT.value,
        binds=binds, text_sha256=upload.sha256, is_summary=True, author=document.author or "Made up for the demonstration",
        owner=document.owner or "Head of Housing", review_on=today + timedelta(days=500),
        approved_by=(document.approved_by or "Cabinet") if live else "", approved_on=today - BEFORE if live else None,
        consulted="Made up for the demonstration: the tenants' forum was asked.",
    )  # fmt: skip
    session.add(version)
    session.flush()
    session.add(
        CodeText(
            code_version_id=version.id,
            kind="signed",
            media_type=upload.media_type,
            sha256=upload.sha256,
            size=len(upload.content),
            content=upload.content,
            uploaded_at=london_instant(today - BEFORE),
        )
    )
    return version


def _summary(document: Document, name: str) -> bytes:
    """In our own words, section by section, as a page that says what it is."""
    told = f"<h2>What this is</h2><p>A short summary in our own words, version {escape(name)}, for a demonstration. It is not "
    parts = [f"<h1>{escape(document.title)}</h1>{told}the council's document, and nobody is bound by it.</p>"]
    section = ""
    for clause in document.clauses:
        top = clause.section.split(" bullet")[0]
        parts.append(f"<h2>{escape(top)}</h2>" if top != section else "")
        parts.append(f"<p>{escape(clause.duty)}</p>")
        section = top
    return "".join(parts).encode()


def _binds(code: str, policy: Policy) -> list[str]:
    """Every council here has its visitors sign the code for visits; the others bind whom their own words say."""
    if code == "MO" and policy.name != "milton-keynes":
        return []
    return list(versions.BINDS[code])


def sign_all(session: Session, person: Person, made: list[CodeVersion], today: date) -> None:
    """What this person has signed, each version on a day on which it was in force."""
    mine = service.who(person)
    for version in made:
        if version.live_from and set(version.binds) & {mine.role, "employee" if mine.is_employee else ""}:
            last = version.document == "ME" and version.status == Stage.LIVE.value
            first = version.document == "ME" and version.retired_on == today - BEFORE
            if (last and person.ref in DUE_AGAIN) or (first != (person.ref in BLOCKED)):
                continue
            days = 4 if last else 1400 if first else 400
            _sign(session, person, version, london_instant(today - timedelta(days=days)))
    person.position = POSITIONS.get(person.role, "")
    person.visit_check, person.visit_checked_on = "yes", today - timedelta(days=300)
    person.visit_check_until = today + timedelta(days=790)


def _sign(session: Session, subject: Person | InvolvedPerson, version: CodeVersion, at: datetime) -> None:
    whose = {"person_id": subject.id} if isinstance(subject, Person) else {"involved_id": subject.id}
    firm = subject.firm.name if isinstance(subject, Person) and subject.firm else ""
    organisation = subject.organisation if isinstance(subject, InvolvedPerson) else firm or "The council"
    position = subject.kind_label if isinstance(subject, InvolvedPerson) else POSITIONS.get(subject.role, "")
    session.add(
        Acknowledgement(
            code_version_id=version.id,
            signed_on=at.date(),
            recorded_at=at,
            name=subject.name,
            position=position,
            organisation=organisation,
            text_sha256=version.text_sha256,
            how="typed",
            **whose,
        )
    )
    session.add(CodeIssue(code_version_id=version.id, issued_at=at, part=1, read_at=at, format="sections", **whose))


def seed_training(session: Session, people: dict[str, str], today: date) -> None:
    """A card that runs out soon, and some that do not; an officer whose half of the hours is housing."""
    at, by = london_instant(today - timedelta(days=30)), people["olive"]
    asha, olive = (session.get_one(Person, people[ref]) for ref in ("asha", "olive"))
    done, soon = today - timedelta(days=345), today + timedelta(days=20)
    level, until = "Safeguarding, level 1", asha.training_until
    training.record(session, asha, "safeguarding", level, done, until, by=by, at=at, key=new_id())
    training.record(session, asha, "qualification", "Gas safety card", done, soon, by=by, at=at, key=new_id())
    olive.half_housing, olive.position = True, "Housing officer"


def seed_involved(session: Session, area_id: str, made: list[CodeVersion], today: date) -> None:
    """A resident who has a draft to read, and a panel member who has signed."""
    since = today - timedelta(days=200)
    involved.take_in(
        session, "resident", "Rosa Quist", starts_on=since, area_id=area_id, organisation="Residents' forum",
        phone="07700900971",
    )  # fmt: skip
    paul = involved.take_in(
        session, "panel", "Paul Ames", starts_on=since, organisation="Scrutiny panel", phone="07700900972"
    )  # fmt: skip
    panel = next(version for version in made if version.document == "AL")
    _sign(session, paul, panel, london_instant(since))


def renew_signatures(session: Session, refs: tuple[str, ...], people: dict[str, str], today: date) -> None:
    """A home that is kept for months: whose standing was good signs what is due before it runs out."""
    for ref in refs:
        person = session.get_one(Person, people[ref])
        for held in service.standings(session, [person], today)[person.id]:
            days_left = (held.stands.blocked_from - today).days if held.stands.blocked_from else 99
            missing = session.scalars(
                select(Acknowledgement.id).where(
                    Acknowledgement.person_id == person.id, Acknowledgement.code_version_id == held.version.id
                )
            ).first()
            if days_left < 3 and missing is None:
                service.sign(session, person, held.version, on=today, at=london_instant(today))
        if person.visit_check == "yes":
            person.visit_checked_on, person.visit_check_until = today, today + timedelta(days=1000)
