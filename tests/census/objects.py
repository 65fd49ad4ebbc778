"""What the addresses of the permission matrix name: one's own, another firm's, another area's, and nobody's."""

from dataclasses import dataclass, field

from sqlalchemy import select

from fieldvisit import conduct
from fieldvisit.badges.portraits import portrait
from fieldvisit.breaches import cases
from fieldvisit.breaches.case_models import BreachEvidence, BreachSeat, BreachTold
from fieldvisit.breaches.models import Concern
from fieldvisit.codes import service as code_service
from fieldvisit.codes.models import CodeText, CodeVersion
from fieldvisit.complaints import service as complaints
from fieldvisit.complaints.models import ComplaintWords
from fieldvisit.complaints.rules import Heard
from fieldvisit.db import new_id
from fieldvisit.declarations import service as declarations
from fieldvisit.declarations import ties
from fieldvisit.declarations.ties import Interest
from fieldvisit.ground.roles import CHECKING, DEMO
from fieldvisit.hazards import service as hazards
from fieldvisit.hazards.models import HazardWords
from fieldvisit.messages import service as messages
from fieldvisit.notices.models import Notice
from fieldvisit.outbox.arrivals import attachment_id
from fieldvisit.outbox.models import Held
from fieldvisit.register import involved
from fieldvisit.register.models import Home, Person, PersonDuty, Precaution, Resident
from fieldvisit.safety import incidents
from fieldvisit.tasks import Task
from fieldvisit.visits import calendar
from fieldvisit.visits.access_cases import AccessAttempt, AccessCase
from fieldvisit.visits.lawful_entry_models import LawfulEntry
from fieldvisit.visits.models import Entry, Job, Visit
from tests import safety
from tests import world as council
from tests.stories import Story, a_visit
from tests.world import World

NOBODYS = "f" * 32
JPEG = portrait(1)

# Who stands for a column. The officers differ by duty alone (ruling R8); all three work in the north.
PEOPLE = {
    "operative": "asha", "contractor_manager": "mona", "officer": "olga", "scheduler": "olive", "duty": "dora",
    "call_handler": "hana", "safeguarding_lead": "lena", "investigator": "ines", "administrator": "adam",
    "auditor": "aud", "tenant_link": "tess", "public": "pat", "anonymous": None,
}  # fmt: skip
EXTRA = (  # no such sign-in is ever given to the last two: if one were, it would open nothing
    ("olga", "officer", "Olga Penn", None, ("North",), ()),
    ("tess", "tenant_link", "Tess Lamb", None, (), ()),
    ("pat", "public", "Pat Yule", None, (), ()),
)
OFFICERS = ("officer", "scheduler", "duty")


@dataclass
class Objects:
    """What the addresses name, for the person of one column."""

    world: World
    column: str
    ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def fill(self) -> "Objects":
        self._people()
        ids, world = self.world.ids, self.world
        own = a_visit(world).told()
        company = a_visit(world, home="100030000002", lead="carl").told()
        area = a_visit(world, home="100030000004", lead="ben", by="otto").told()
        for whose, story in (("own", own), ("company", company), ("area", area)):
            self.ids["visit_id", whose] = story.visit_id
        if self.column in OFFICERS:
            sent = a_visit(world, home="100030000003", lead=str(PEOPLE[self.column])).told()
            self.ids["door", "own"] = sent.visit_id
        with world.database.reading(CHECKING) as session:
            for whose in ("own", "company", "area"):
                wanted = select(Notice.id).where(Notice.visit_id == self.ids["visit_id", whose])
                self.ids["notice_id", whose] = session.scalars(wanted).one()
        self.ids |= {("home_id", "own"): ids["100030000001"], ("home_id", "area"): ids["100030000004"]}
        self.ids |= {("person_id", "own"): ids["asha"], ("person_id", "company"): ids["carl"]}
        self.ids |= {("person_id", "area"): ids["otto"], ("person_id", "unmanaged"): ids["hana"]}
        self.ids |= {("badge_id", "own"): ids["badge of asha"], ("badge_id", "company"): ids["badge of carl"]}
        self.ids |= {("kind", "own"): "notice", ("channel", "own"): "email", ("language", "own"): "pl"}
        self.ids |= {("filename", "own"): "css/office.css", ("filename", "nobody"): "css/nobodys.css"}
        self._asked_for()
        self._hazards()
        self._complaints()
        self._safety()
        self._access_cases()
        self._messages()
        self._tasks()
        self._codes()
        self._declarations()
        self._breaches()
        self._from_phones({"own": own, "company": company, "area": area})
        return self

    def _from_phones(self, stories: dict[str, Story]) -> None:
        """A photo of each visit, whole; and an entry that is held: of the north, and of the south."""
        for whose, story in stories.items():
            blob = story.phone.photo(story.visit_id, JPEG, self.world.now)
            story.phone.send(self.world.now)
            assert story.phone.put_whole(blob).get_json()["complete"]
            self.ids["attachment_id", whose] = attachment_id(story.phone.device, blob)
        for whose, story in (("own", stories["company"]), ("area", stories["area"])):
            phone = stories["own"].phone  # whose visits these are not
            phone.save("visit.set_off", story.visit_id, {}, self.world.now)
            assert phone.send(self.world.now)[0]["code"] == "not-yours"
            with self.world.database.reading(CHECKING) as session:
                wanted = select(Held.id).where(Held.visit_id == story.visit_id)
                self.ids["held_id", whose] = session.scalars(wanted).one()

    def _people(self) -> None:
        with self.world.database.writing(DEMO) as session:
            code = session.get_one(CodeVersion, self.world.ids["ME 1.0"])
            for number, row in enumerate(EXTRA, start=80):
                council._person(session, self.world.ids, code, number, *row)

    def _asked_for(self) -> None:
        """Somebody who lives there, and a warning: in the north, and in the south."""
        today = self.world.now.date()
        with self.world.database.writing(DEMO) as session:
            for whose in ("own", "area"):
                home_id = self.ids["home_id", whose]
                row = Precaution(home_id=home_id, code="dog", set_on=today, review_on=today)
                session.add(row)
                session.flush()
                self.ids["precaution_id", whose] = row.id
                resident = select(Resident.id).where(Resident.home_id == home_id)
                self.ids["resident_id", whose] = session.scalars(resident).one()

    def _access_cases(self) -> None:
        """A door that stayed shut: in the north, and in the south."""
        now = self.world.now
        with self.world.database.writing(DEMO) as session:
            for whose, area in (("own", "North"), ("area", "South")):
                visit_id, home_id = self.ids["visit_id", whose], self.ids["home_id", whose]
                case = AccessCase(
                    home_id=home_id, area_id=self.world.ids[area], reason="no-access", stage="recorded", opened_at=now,
                    due_at=now,
                )  # fmt: skip
                session.add(case)
                session.flush()
                entry = session.scalars(select(Entry.id).where(Entry.visit_id == visit_id).limit(1)).one()
                attempt = AccessAttempt(
                    case_id=case.id, visit_id=visit_id, entry_id=entry, kind="no_answer", reason="no-access", valid=False,
                    notice="full", window_start=now, window_end=now, happened_at=now, waited_min=10, called=True,
                    card_left=True,
                )  # fmt: skip
                session.add(attempt)
                session.flush()
                self.ids["case_id", whose], self.ids["attempt_id", whose] = case.id, attempt.id
                went_in = LawfulEntry(
                    visit_id=visit_id, home_id=home_id, area_id=self.world.ids[area], stage="proposed", basis="",
                    opened_at=now,
                )  # fmt: skip
                session.add(went_in)
                session.flush()
                self.ids["lawful_entry_id", whose] = went_in.id

    def _safety(self) -> None:
        """A worker of each firm who is watched, and one in the south; something that happened in either."""
        people = {"own": "asha", "company": "carl", "area": "ben"}
        with self.world.database.writing(DEMO) as session:
            for whose, ref in people.items():
                self.ids["act", whose], self.ids["deed", whose] = "alarm", "closed"
                person_id, visit_id = self.world.ids[ref], self.ids["visit_id", whose]
                visit = session.get_one(Visit, visit_id)
                self.ids["watch_id", whose] = safety.a_watch(
                    session, visit, person_id, self.world.now, self.world.policy
                )
                body = {"kind": "fall", "happened_at": self.world.now.isoformat()}
                made = incidents.report(
                    session, session.get_one(Person, person_id), visit.area_id, visit_id, body, "She fell.", key=new_id(),
                    by=self.world.principal("olive"), at=self.world.now, policy=self.world.policy,
                )  # fmt: skip
                self.ids["incident_id", whose] = made.id

    def _hazards(self) -> None:
        """One in the north, and one in the south."""
        self.ids["step", "own"] = "triaged"
        with self.world.database.writing(DEMO) as session:
            for whose in ("own", "area"):
                home = session.get_one(Home, self.ids["home_id", whose])
                opening = hazards.Opening(home, f"census {whose}", self.world.now, "noise", ("child",), seen="A pump")
                case = hazards.open_case(session, opening, self.world.now, self.world.policy)
                self.ids["hazard_id", whose] = case.id
                [step] = hazards.steps_of(session, [case.id])[case.id]
                session.add(
                    HazardWords(step_id=step.id, hazard_id=case.id, subject_id=home.id, field="summary", text="We found it.",
                                keep_until=self.world.now.date())
                )  # fmt: skip
                job = Job(
                    id=new_id(), ref=f"census {whose}", home_id=home.id, kind="safety_check", reason="Gas", clock="gas_record",
                    clock_from=self.world.now, clock_due_at=self.world.now,
                )  # fmt: skip
                session.add(job)
                self.ids["job_id", whose] = job.id

    def _complaints(self) -> None:
        """With a letter: in the north, and in the south. The scheduler deals with them, the duty officer is senior there."""
        with self.world.database.writing(DEMO) as session:
            for ref, duty in (("olive", "complaints"), ("dora", "complaints_senior")):
                session.add(
                    PersonDuty(
                        person_id=self.world.ids[ref],
                        duty=duty,
                        area_id=self.world.ids["North"],
                        starts=council.LONG_AGO,
                    )
                )
            for whose in ("own", "area"):
                heard = Heard(cause=f"complaint {whose}", channel="phone", heard_at=self.world.now, words="Nobody came",
                              complainant_name="Terry Moss", complainant_contact="1 Larch Close\nLE13 9AA",
                              home_id=self.ids["home_id", whose])  # fmt: skip
                made = complaints.receive(session, heard, by=DEMO, at=self.world.now, policy=self.world.policy)
                self.ids["complaint_id", whose] = made.id
                [step] = complaints.steps_of(session, [made.id])[made.id]
                session.add(
                    ComplaintWords(step_id=step.id, complaint_id=made.id, subject_id=made.id, field="letter",
                                   text="Thank you for telling us.", keep_until=self.world.now.date())
                )  # fmt: skip
                self.ids["step_id", whose] = step.id

    def _messages(self) -> None:
        """A letter about each visit, which people here print and post; and the address of somebody's calendar."""
        with self.world.database.writing(DEMO) as session:
            self.ids["calendar", "own"] = calendar.new_feed(session, self.world.ids["ben"], self.world.now)
            for whose in ("own", "company", "area"):
                row = messages.write(
                    session, visit_id=self.ids["visit_id", whose], kind="notice", channel="letter_first_class",
                    to="Terry Moss\n1 Larch Close\nLE13 9AA", language="en", subject="A visit", body="On Tuesday.",
                    template="", by=self.world.ids["olive"], at=self.world.now,
                )  # fmt: skip
                row.provider, row.state = "screen", "taken"
                self.ids["message_id", whose] = row.id

    def _codes(self) -> None:
        """A text of the live code, a paper signature and a question of a worker of each firm, and somebody involved."""
        now, code_id = self.world.now, self.world.ids["ME 1.0"]
        page = b"<h1>Code</h1><p>" + b"Be kind. " * 20 + b"</p>"
        self.ids |= {("version_id", "own"): code_id, ("text_kind", "own"): "signed", ("move", "own"): "consult"}
        self.ids["firm_id", "own"] = self.world.ids["Brightwater Heating"]
        with self.world.database.writing(None) as session:
            session.add(
                CodeText(
                    code_version_id=code_id,
                    kind="signed",
                    media_type="text/html",
                    sha256="1" * 64,
                    size=len(page),
                    content=page,
                    uploaded_at=now,
                )
            )
            draft = CodeVersion(
                document="ME", version="census", status="draft", binds=["operative"], text_sha256="2" * 64
            )
            session.add(draft)
            session.flush()
            for whose, ref in (("own", "asha"), ("company", "carl")):
                person = session.get_one(Person, self.world.ids[ref])
                scan = code_service.keep_paper(
                    session, person, draft, JPEG, now.date(), by=self.world.ids["lena"], at=now
                )
                asked = code_service.ask(session, person, draft, "Why?", now, key=new_id(), policy=self.world.policy)
                self.ids["signature_id", whose], self.ids["question_id", whose] = scan.id, asked.id
            for whose, area in (("own", "North"), ("area", "South")):
                made = involved.take_in(
                    session, "panel", f"Census {whose}", starts_on=now.date(), area_id=self.world.ids[area]
                )
                self.ids["involved_id", whose] = made.id

    def _declarations(self) -> None:
        """Of a worker whom this person manages, of another firm's, and one's own."""
        who = PEOPLE[self.column]
        manager = self.world.ids[str(who)] if self.column in OFFICERS else None
        with self.world.database.writing(DEMO) as session:
            session.get_one(Person, self.world.ids["ben"]).manager_id = manager
            session.flush()
            made = {"own": "ben", "company": "carl", "area": "otto"} | ({"self": who} if who else {})
            for whose, ref in made.items():
                subject = declarations.subject_of(session, self.world.ids[ref], None, self.world.now)
                interest = Interest(type="personal", who="A friend", what="He lives there.")
                row = ties.declare(
                    session, subject, interest, key=new_id(), by=subject.id, at=self.world.now, policy=self.world.policy
                )
                self.ids["declaration_id", whose] = row.id

    def _breaches(self) -> None:
        """A case that whoever reads cases sits in, with a letter and evidence, and one in which nobody does; one's own letter."""
        now, who = self.world.now, PEOPLE[self.column]
        with self.world.database.writing(DEMO) as session:
            for whose in ("own", "company"):
                case = cases.open_case(
                    session, conduct.Reported(cause=f"census {whose}", heard_at=now, words="He shouted.")
                )
                assert case
                case.readers_at = now  # chosen already: a look at the list seats nobody
                concern = Concern(
                    ref=f"C-{whose}", form_key=whose, received_on=now.date(), anonymous=True, what="He shouted."
                )
                session.add(concern)
                session.flush()
                case.concern_id = self.ids["concern_id", whose] = concern.id
                [step] = cases.steps_of(session, [case.id])[case.id]
                for ref in ("ines", "lena") if whose == "own" else ():
                    session.add(BreachSeat(case_id=case.id, person_id=self.world.ids[ref], part="lead", starts=now))
                letter = {
                    "case_id": case.id,
                    "step_id": step.id,
                    "letter": "notice",
                    "subject": "A letter",
                    "given_at": now,
                }
                told = BreachTold(body="Dear you,", person_id=None, **letter)
                mine = BreachTold(
                    body="Dear you,", person_id=self.world.ids[who] if who and whose == "own" else None, **letter
                )
                shown = BreachEvidence(
                    case_id=case.id, step_id=step.id, kind="entry", ref_id=NOBODYS, what="visit.arrived", happened_at=now,
                    sha256="0" * 64,
                )  # fmt: skip
                session.add_all([told, mine, shown])
                session.flush()
                self.ids["breach_id", whose], self.ids["evidence_id", whose] = case.id, shown.id
                self.ids["told_id", whose], self.ids["own_letter", whose] = told.id, mine.id

    def _tasks(self) -> None:
        with self.world.database.writing(None) as session:
            for whose, area in (("own", "North"), ("area", "South")):
                task = Task(
                    kind="unhappy", cause=f"census {whose}", about="visit", about_id=self.ids["visit_id", whose],
                    area_id=self.world.ids[area], raised_at=self.world.now, due_at=self.world.now,
                )  # fmt: skip
                session.add(task)
                session.flush()
                self.ids["task_id", whose] = task.id

    def named(self, name: str, whose: str, url: str) -> str:
        if url.startswith("/calendar/") and whose == "own":
            return self.ids["calendar", "own"]
        if name == "declaration_id" and url.startswith("/declare/"):
            return self.ids.get((name, {"own": "self", "area": "own"}.get(whose, whose)), NOBODYS)
        if name == "step" and "<id:declaration_id>" in url:
            return "changed" if url.startswith("/declare/") else "decided"
        if name in ("step", "saying") and url.startswith(("/office/breaches", "/conduct/letters")):
            return "seated" if name == "step" else "answered"
        if name == "told_id" and url.startswith("/conduct/letters"):
            return self.ids.get(("own_letter", whose), NOBODYS)
        if name == "step" and "<id:complaint_id>" in url:
            return "logged"
        if name in ("code", "rest", "token"):
            return "AAAAAAAAAA"
        if name in ("blob_id", "entry_id"):
            return "0f8b6a9e-1c2d-4e5f-8a9b-0c1d2e3f4a5b"
        if url.startswith("/visits/") and ("door", whose) in self.ids:
            return self.ids["door", whose]
        if name == "visit_id" and "<id:notice_id>" in url and whose == "nobody":
            return self.ids["visit_id", "own"]  # the right visit, and a notice that was never made
        return self.ids.get((name, whose), NOBODYS)
