"""Which rows each role sees of every protected kind, in numbers; and each sight, taken away, is missed."""

from sqlalchemy import text

from fieldvisit import db
from fieldvisit.breaches.models import Concern
from fieldvisit.db import Database, nobody, protected_models
from fieldvisit.ground.roles import DEMO
from fieldvisit.messages.models import Message
from fieldvisit.register.models import HouseholdContact, Precaution
from fieldvisit.row_security import POLICIES
from fieldvisit.visits.models import Job
from fieldvisit.visits.tenant_acts import TenantSaid
from tests.census.test_wall import SOUTHERN, count
from tests.stories import a_visit
from tests.world import World

EVERYTHING = ("asha", "mona", "olive", "hana")


def _rows_seen(world: World) -> dict[str, dict[str, int]]:
    models = sorted(protected_models(), key=lambda m: m.__name__)
    return {ref: {model.__name__: count(world, ref, model) for model in models} for ref in EVERYTHING}


EXPECTED = {
    "asha": {
        "Attachment": 0, "Concern": 0, "Entry": 7, "Envelope": 0, "Held": 0, "Home": 1, "Household": 1,
        "HouseholdContact": 0, "Job": 0, "Message": 0, "Notice": 1, "Precaution": 1, "Resident": 1, "TenantLink": 1,
        "TenantSaid": 0, "Visit": 1, "VisitWorker": 1, "Words": 2,
    },
    "mona": {
        "Attachment": 0, "Concern": 0, "Entry": 7, "Envelope": 0, "Held": 0, "Home": 1, "Household": 0,
        "HouseholdContact": 0, "Job": 0, "Message": 0, "Notice": 1, "Precaution": 0, "Resident": 0, "TenantLink": 0,
        "TenantSaid": 0, "Visit": 1, "VisitWorker": 1, "Words": 0,
    },
    "olive": {
        "Attachment": 1, "Concern": 0, "Entry": 7, "Envelope": 0, "Held": 1, "Home": 3, "Household": 3,
        "HouseholdContact": 1, "Job": 1, "Message": 1, "Notice": 1, "Precaution": 1, "Resident": 3, "TenantLink": 1,
        "TenantSaid": 1, "Visit": 1, "VisitWorker": 1, "Words": 2,
    },
    "hana": dict.fromkeys(
        ("Attachment", "Concern", "Entry", "Envelope", "Held", "Home", "Household", "HouseholdContact", "Job",
         "Message", "Notice", "Precaution", "Resident", "TenantLink", "TenantSaid", "Visit", "VisitWorker", "Words"), 0,
    ),
}  # fmt: skip


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
        session.add(Concern(ref="C-1", form_key="k", received_on=day, anonymous=False, what="He shouted."))


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
            if _rows_seen(world) == EXPECTED:
                survivors.append(model.__name__)
    assert survivors == [], "sights that nobody would miss"
