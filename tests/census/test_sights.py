"""Which rows each role sees of every protected kind, in numbers; and each sight, taken away, is missed."""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from fieldvisit import conduct, db
from fieldvisit.breaches import cases, drafts
from fieldvisit.breaches.case_models import BreachEvidence, BreachSeat, BreachTold
from fieldvisit.breaches.models import Concern, ConcernAdded, ConcernLink
from fieldvisit.complaints import service as complaints
from fieldvisit.complaints.rules import Heard
from fieldvisit.db import Database, nobody, protected_models
from fieldvisit.declarations import service as declarations
from fieldvisit.declarations import ties, undertakings
from fieldvisit.declarations.ties import Interest
from fieldvisit.evidence.models import SubjectKey
from fieldvisit.ground.roles import BOXES, DEMO, KEYS, TAKING
from fieldvisit.hazards import service as hazards
from fieldvisit.messages.models import Message
from fieldvisit.register import involved
from fieldvisit.register.models import Home, HouseholdContact, Person, PersonDuty, Precaution
from fieldvisit.row_security import POLICIES
from fieldvisit.safeguarding import service as boxes
from fieldvisit.safety import incidents
from fieldvisit.safety import service as watching
from fieldvisit.safety.models import SafetyBuddy
from fieldvisit.visits.access_cases import AccessAttempt, AccessCase, AccessChase, AccessContact, AccessStep
from fieldvisit.visits.lawful_entry_models import LawfulEntry, LawfulEntryStep
from fieldvisit.visits.models import Entry, Job, Visit
from fieldvisit.visits.tenant_acts import TenantSaid
from tests import safety
from tests.census.test_wall import SOUTHERN, count
from tests.stories import FIRST_HOME, Story, a_visit
from tests.world import LONG_AGO, World

EVERYTHING = ("asha", "mona", "olive", "hana")


def _rows_seen(world: World) -> dict[str, dict[str, int]]:
    models = sorted(protected_models(), key=lambda m: m.__name__)
    return {ref: {model.__name__: count(world, ref, model) for model in models} for ref in EVERYTHING}


EXPECTED = {
    "asha": {
        "Attachment": 0, "Concern": 0, "Entry": 7, "Envelope": 0, "Held": 0, "Home": 1, "Household": 1,
        "Hazard": 0, "HazardStep": 0, "HazardWords": 0,
        "HouseholdContact": 0, "Job": 0, "Message": 0, "Notice": 1, "Precaution": 1, "Resident": 1, "TenantLink": 1,
        "TenantSaid": 0, "Visit": 1, "VisitWorker": 1, "Words": 2,
    },
    "mona": {
        "Attachment": 0, "Concern": 0, "Entry": 7, "Envelope": 0, "Held": 0, "Home": 1, "Household": 0,
        "Hazard": 0, "HazardStep": 0, "HazardWords": 0,
        "HouseholdContact": 0, "Job": 0, "Message": 0, "Notice": 1, "Precaution": 0, "Resident": 0, "TenantLink": 0,
        "TenantSaid": 0, "Visit": 1, "VisitWorker": 1, "Words": 0,
    },
    "olive": {
        "Attachment": 1, "Concern": 0, "Entry": 7, "Envelope": 0, "Held": 1, "Home": 3, "Household": 3,
        "Hazard": 1, "HazardStep": 1, "HazardWords": 1,
        "HouseholdContact": 1, "Job": 1, "Message": 1, "Notice": 1, "Precaution": 1, "Resident": 3, "TenantLink": 1,
        "TenantSaid": 1, "Visit": 1, "VisitWorker": 1, "Words": 2,
    },
    "hana": dict.fromkeys(
        ("Attachment", "Concern", "Entry", "Envelope", "Held", "Home", "Household", "Hazard", "HazardStep", "HazardWords",
         "HouseholdContact", "Job",
         "Message", "Notice", "Precaution", "Resident", "TenantLink", "TenantSaid", "Visit", "VisitWorker", "Words"), 0,
    ),
}  # fmt: skip


for _ref, _seen in (("asha", 0), ("mona", 0), ("olive", 1), ("hana", 0)):
    EXPECTED[_ref] |= dict.fromkeys(("AccessAttempt", "AccessCase", "AccessContact", "AccessStep"), _seen)
    EXPECTED[_ref] |= dict.fromkeys(("AccessChase", "LawfulEntry", "LawfulEntryStep"), _seen)


for _ref, _firm, _area in (("asha", 0, 0), ("mona", 1, 0), ("olive", 1, 1), ("hana", 0, 0)):
    EXPECTED[_ref] |= {"Watch": _firm, "WatchStep": _firm, "WatchWords": _area, "SafetyWord": 0, "SafetyBuddy": 0}
    EXPECTED[_ref] |= dict.fromkeys(("Incident", "IncidentStep", "IncidentWords"), _area)


for _ref, _declared, _apart in (("asha", 1, 0), ("mona", 1, 0), ("olive", 0, 1), ("hana", 0, 0)):
    EXPECTED[_ref] |= {"Declaration": _declared, "DeclarationStep": _declared, "DeclarationWords": 2 * _declared}
    EXPECTED[_ref] |= {"KeptApart": _apart, "Undertaking": 0, "Recusal": 0}  # the last two: for the senior duty alone


for _ref, _seen in (("asha", 0), ("mona", 0), ("olive", 1), ("hana", 0)):  # olive has the duty, in the north
    EXPECTED[_ref] |= dict.fromkeys(("Complaint", "ComplaintStep", "ComplaintWords"), _seen)


for _ref in EXPECTED:  # a case is for those who sit in it, and a letter for whom it is to
    EXPECTED[_ref] |= dict.fromkeys(("BreachCase", "BreachStep", "BreachWords", "BreachEvidence", "BreachSeat"), 0)
    EXPECTED[_ref] |= {"BreachApart": 0, "BreachTold": int(_ref == "asha")}


for _ref in EXPECTED:
    EXPECTED[_ref] |= {"SealedBox": 0, "SubjectKey": 0}  # for nobody, whoever asks (N3; security 5.1)


for _ref in EXPECTED:  # what was told is for those who sit in its case; a draft is whose it is
    EXPECTED[_ref] |= {"Concern": 0, "ConcernAdded": 0, "ConcernLink": 0, "ConcernDraft": int(_ref == "hana")}


def without_the_wall_of_the_database(database: Database) -> None:
    """Behind PostgreSQL's own wall hardly any sight would be missed: each is to be missed for itself."""
    if database.is_sqlite:
        return
    with database.as_owner(write=True).begin() as connection:
        for table in POLICIES:
            connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))


def _fill(world: World) -> None:
    """A row of every protected kind in the north, told by the door; and as much in the south."""
    from fieldvisit.visits.events import VisitNoted
    from fieldvisit.visits.events import Words as Said

    north = a_visit(world).told().set_off().arrived().answered()
    south = a_visit(world, home=SOUTHERN, lead="carl", by="otto").told().set_off().arrived()
    for story in (north, south):
        story.desk(VisitNoted(code="note", words=Said("Ring twice.")))
    north.phone.save("door.answered", "0" * 32, {"who": "tenant"}, north.at)  # held: nobody knows that visit
    north.phone.photo(north.visit_id, b"a photo's bytes", north.at)
    world.at_the_time(north.at, lambda: north.phone.send(north.at))
    day = world.now.date()
    with world.database.writing(DEMO) as session:
        for ref, uprn in (("J-1", "100030000001"), ("J-2", SOUTHERN)):
            session.add(Job(ref=ref, home_id=world.ids[uprn], kind="responsive_repair", reason="A tap"))
            session.add(
                Precaution(home_id=world.ids[uprn], code="dog", owner_id=world.ids["olive"], set_on=day, review_on=day)
            )
            session.add(
                HouseholdContact(
                    home_id=world.ids[uprn], kind="neighbour", name="Ida Rook", reach="01632960123", agreed_on=day
                )
            )
        for story in (north, south):
            session.add(
                Message(
                    visit_id=story.visit_id,
                    kind="notice",
                    channel="sms",
                    to="07700900101",
                    language="en",
                    subject="",
                    body="A visit",
                    template="0" * 64,
                    provider="",
                    state="waiting",
                    written_at=world.now,
                    written_by=world.ids["olive"],
                )
            )
        for story in (north, south):
            session.add(
                TenantSaid(visit_id=story.visit_id, subject_id="0" * 32, kind="complaint", asked=[], words="He shouted.",
                           form_key=story.visit_id, made_at=world.now, keep_until=day)
            )  # fmt: skip
        for uprn in ("100030000001", SOUTHERN):
            opening = hazards.Opening(
                session.get_one(Home, world.ids[uprn]), f"sights {uprn}", world.now, "noise", ("child",), seen="A pump"
            )
            hazards.open_case(session, opening, world.now, world.policy)
            heard = Heard(cause=f"complaint {uprn}", channel="phone", heard_at=world.now, words="He shouted.",
                          home_id=world.ids[uprn])  # fmt: skip
            complaints.receive(session, heard, by=DEMO, at=world.now, policy=world.policy)
        session.add(
            PersonDuty(person_id=world.ids["olive"], duty="complaints", area_id=world.ids["North"], starts=LONG_AGO)
        )
        for number in (1, 2):
            session.add(
                Concern(id=f"{number:032}", ref=f"C-{number}", form_key=f"k{number}", received_on=day, anonymous=False,
                        what="He shouted.")
            )  # fmt: skip
        _fill_a_breach(world, session)
    with world.database.writing(TAKING) as session:
        one, other = f"{1:032}", f"{2:032}"
        session.add(ConcernAdded(concern_id=one, form_key="a", added_on=day, words="And a cup."))
        session.add(ConcernLink(concern_id=one, other_id=other, kind="likely", made_on=day))
        drafts.save(
            session, world.ids["hana"], {"k": "k"}, 1, at=world.now, policy=world.policy, key=drafts.draft_key(b"s")
        )
    with world.database.writing(BOXES) as session:
        boxes.take(session, device="desk", uuid="u", seq=None, envelope_sha256="0" * 64, box="sealed", at=world.now)
    with world.database.writing(KEYS) as session:
        session.add(
            SubjectKey(subject_id=world.ids["100030000001"], kek="0" * 16, wrapped=b"wrapped", made_at=world.now)
        )
    _fill_access_cases(world, north, south)
    _fill_declarations(world)
    _fill_safety(world, north, south)


def _fill_declarations(world: World) -> None:
    """An interest of a worker of each firm, one of them in a firm; what a panel member signed, and left the room for."""
    now = world.now
    with world.database.writing(DEMO) as session:
        for ref, firm in (("asha", world.ids["Oakline Repairs"]), ("carl", None)):
            subject = declarations.subject_of(session, world.ids[ref], None, now)
            interest = Interest(type="financial", who="A firm", what="I own a share.", firm_id=firm)
            ties.declare(session, subject, interest, key=ref, by=subject.id, at=now, policy=world.policy)
        pat = involved.take_in(session, "panel", "Pat Ryder", starts_on=now.date())
        undertakings.sign(
            session, pat, "confidentiality", "Pat Ryder", agrees=True, key="p", at=now, policy=world.policy
        )
        undertakings.record_recusal(
            session, "involved", pat.id, "meeting", held_on=now.date(), left=True, words="Item 4, noted by the chair.",
            key="r", by=world.ids["dora"], at=now, policy=world.policy,
        )  # fmt: skip


def _fill_a_breach(world: World, session: Session) -> None:
    """A case about Asha, of which she was told."""
    told = conduct.Reported(cause="sights", heard_at=world.now, words="He shouted.", subject_id=world.ids["asha"])
    case = cases.open_case(session, told)
    assert case
    [step] = cases.steps_of(session, [case.id])[case.id]
    letter = {"letter": "notice", "subject": "A letter", "body": "Dear Asha,", "given_at": world.now}
    session.add(BreachSeat(case_id=case.id, person_id=world.ids["ines"], part="lead", starts=world.now))
    session.add(BreachTold(case_id=case.id, step_id=step.id, person_id=world.ids["asha"], **letter))
    session.add(
        BreachEvidence(
            case_id=case.id, step_id=step.id, kind="entry", ref_id="0" * 32, what="visit.arrived", happened_at=world.now,
            sha256="0" * 64,
        )
    )  # fmt: skip


def _fill_safety(world: World, north: Story, south: Story) -> None:
    """A worker who is watched, with two words and a buddy, and something that happened: in the north, and in the south."""
    with world.database.writing(DEMO) as session:
        for story, ref in ((north, "asha"), (south, "carl")):
            person, visit = session.get_one(Person, world.ids[ref]), session.get_one(Visit, story.visit_id)
            safety.a_watch(session, visit, person.id, world.now, world.policy, "He does not answer.")
            watching.choose_words(session, person.id, "blue kettle", "grey heron", world.now)
            session.add(
                SafetyBuddy(person_id=person.id, buddy_id=world.ids["dora"], set_by=person.id, set_at=world.now)
            )
            body = {"kind": "fall", "happened_at": world.now.isoformat()}
            incidents.report(session, person, visit.area_id, visit.id, body, "She fell.", key=ref * 5,
                             by=world.principal("olive"), at=world.now, policy=world.policy)  # fmt: skip


def _fill_access_cases(world: World, north: Story, south: Story) -> None:
    """A door that stayed shut, a call and a step: in the north, and in the south."""
    now, day = world.now, world.now.date()
    with world.database.writing(DEMO) as session:
        for story, home, area, by in ((north, FIRST_HOME, "North", "olive"), (south, SOUTHERN, "South", "otto")):
            case = AccessCase(
                home_id=world.ids[home], area_id=world.ids[area], reason="no-access", stage="recorded", opened_at=now,
                due_at=now,
            )  # fmt: skip
            session.add(case)
            session.flush()
            entry = session.scalars(select(Entry.id).where(Entry.visit_id == story.visit_id).limit(1)).one()
            session.add(
                AccessAttempt(
                    case_id=case.id, visit_id=story.visit_id, entry_id=entry, kind="no_answer", reason="no-access",
                    valid=False, notice="full", window_start=now, window_end=now, happened_at=now, waited_min=10,
                    called=True, card_left=True,
                )
            )  # fmt: skip
            written = {"made_at": now, "by_id": world.ids[by], "keep_until": day, "words": ""}
            contact = AccessContact(
                case_id=case.id, method="phone", outcome="no_reply", happened_at=now, form_key=f"call {area}", **written
            )
            session.add(contact)
            session.flush()
            message = session.scalars(select(Message.id).where(Message.visit_id == story.visit_id)).one()
            session.add(AccessChase(case_id=case.id, contact_id=contact.id, message_id=message, kind="access_ask"))
            went_in = LawfulEntry(
                visit_id=story.visit_id, home_id=world.ids[home], area_id=world.ids[area], stage="proposed", basis="",
                opened_at=now,
            )  # fmt: skip
            session.add(went_in)
            session.flush()
            session.add(
                LawfulEntryStep(
                    lawful_entry_id=went_in.id, position=1, kind="proposed", at=now, made_at=now, by_id=world.ids[by],
                    body={}, said={}, form_key=f"asks {area}", keep_until=day,
                )
            )  # fmt: skip
            session.add(
                AccessStep(case_id=case.id, kind="rebooked", code="", equality="", form_key=f"step {area}", **written)
            )


def test_each_role_sees_these_rows_and_no_others_and_each_sight_is_missed(world: World, monkeypatch):
    _fill(world)
    seen = _rows_seen(world)
    wrong = {(ref, name): n for ref in EVERYTHING for name, n in seen[ref].items() if n != EXPECTED[ref][name]}
    assert wrong == {}
    without_the_wall_of_the_database(world.database)
    survivors = []
    for model in protected_models():
        with monkeypatch.context() as taken_away:
            taken_away.setitem(db._SIGHTS, model, lambda _asking: ~nobody())
            if all(count(world, ref, model) == EXPECTED[ref][model.__name__] for ref in EVERYTHING):
                survivors.append(model.__name__)
    assert survivors == [], "sights that nobody would miss"
